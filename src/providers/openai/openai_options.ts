import {
  callback,
  flag,
  oneOf,
  positiveInteger,
  record,
  refuse,
  type RulesFor,
  text,
} from "../../model/check_options.ts";
import { type ProviderLimits, providerLimits } from "../../model/limits.ts";
import { maxAnswerBytesRule } from "../http/bounds/answer_limits.ts";
import { MAX_TOKENS_FIELDS } from "./form/max_tokens_field.ts";
import { SERVER_RULES } from "./server_options.ts";

/** Options of {@linkcode openai}. */
export interface OpenAIOptions {
  /**
   * The API key.
   *
   * @default The environment variable `OPENAI_API_KEY`; not needed if `baseURL` is another server
   * than OpenAI's
   */
  readonly apiKey?: string;
  /**
   * The URL of the server, up to and including `/v1`.
   *
   * @default The environment variable `OPENAI_BASE_URL`, or `https://api.openai.com/v1`
   */
  readonly baseURL?: string;
  /**
   * The provider's name in errors.
   *
   * @default {"openai"}
   */
  readonly name?: string;
  /**
   * The organization to bill.
   *
   * @default That of the key
   */
  readonly organization?: string;
  /**
   * The project to bill.
   *
   * @default That of the key
   */
  readonly project?: string;
  /**
   * Additional headers for each request. Headers of the connection, such as `content-length`, are
   * rejected.
   *
   * @default {{}}
   */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The maximum number of connections over HTTPS on Deno: a positive integer. One is opened for
   * every 100 requests in flight, as servers limit the number of concurrent streams of an HTTP/2
   * connection. Over HTTP/1.1, and on Node and Bun, each request in flight has a connection of its
   * own.
   *
   * @default {100}
   */
  readonly connections?: number;
  /**
   * The API to use: Chat Completions, which all compatible servers support, or OpenAI's newer
   * Responses API, with which reasoning models keep their reasoning across tool calls. Requests set
   * `store: false`. The Responses API does not support the settings `stop` and `seed`: calls that
   * use them fail.
   *
   * @default {"chat"}
   */
  readonly api?: "chat" | "responses";
  /**
   * How the schema of an agent's `output` is passed to the server: as `json_schema`, which the
   * server enforces; as `json_object`, with the schema in the system message; or in the system
   * message alone (`prompt`), for servers that support neither. The reply is always validated.
   *
   * @default {"json_schema"}
   */
  readonly structuredOutput?: "json_schema" | "json_object" | "prompt";
  /**
   * The server's name of the setting `maxTokens` in Chat Completions.
   *
   * @default `max_completion_tokens` for OpenAI and for models named like o3 or gpt-5, otherwise
   * `max_tokens`. If a server rejects one for a model, the other is used for that model
   */
  readonly maxTokensField?: "max_tokens" | "max_completion_tokens";
  /**
   * Whether results have a `response`: the id of the answer, the served model, the id of the
   * request, and in `raw` the complete answer. That is the JSON of the server, or the list of its
   * events if it was streamed, with the fields that are not read, such as `logprobs` and citations.
   * Answers from a cache have none.
   *
   * @default {false}
   */
  readonly raw?: boolean;
  /**
   * The limits of the API key: concurrency, and requests and tokens per minute. All providers with
   * the same key share them.
   *
   * @default Those that the server reports
   */
  readonly limits?: ProviderLimits;
  /**
   * The maximum size of an answer, in bytes after decompression: a whole number from 1 to
   * 500,000,000. It counts all bytes of a plain answer or of a stream, and so bounds each event. A
   * larger answer fails its call with the code `provider`, without retries, and its connection is
   * closed. The default is more than any answer of a model has: text of 128,000 tokens has up to
   * 45 MB as a stream. Raise it for many images or hours of audio in one answer.
   *
   * @default {67_108_864}
   */
  readonly maxAnswerBytes?: number;
  /**
   * Certificates to trust besides the default ones, for servers of your own: texts in PEM format,
   * not names of files. On Deno, Node and Bun.
   *
   * @default {[]}
   */
  readonly caCerts?: readonly string[];
  /**
   * The function that sends the requests, such as that of a `recorder`. It decides about the
   * connections: `connections` and `caCerts` have no effect with it.
   *
   * @default The `fetch` of Deno and Bun; undici on Node, whose `fetch` needs four times the CPU.
   * A replaced global `fetch` is not called on Node
   */
  readonly fetch?: typeof fetch;
}

/** Headers that runtimes set themselves: some ignore other values, and some fail each request. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
]);

/** The rules for {@linkcode OpenAIOptions}. */
export const OPENAI_RULES: RulesFor<OpenAIOptions> = {
  ...SERVER_RULES,
  name: text,
  organization: headerText,
  project: headerText,
  headers(doing, name, value) {
    record(doing, name, value);
    for (const [header, content] of Object.entries(value as Record<string, unknown>)) {
      if (typeof content !== "string" || !isHeader(header, content)) {
        refuse(doing, `${name}["${header}"]`, "a valid header value", content);
      }
      if (OF_CONNECTION.has(header.toLowerCase())) {
        throw new TypeError(
          `Cannot ${doing} as ${name} must not have "${header}": it belongs to the connection`,
        );
      }
    }
  },
  connections: positiveInteger,
  api: oneOf("chat", "responses"),
  maxTokensField: oneOf(...MAX_TOKENS_FIELDS),
  raw: flag,
  structuredOutput: oneOf("json_schema", "json_object", "prompt"),
  limits: providerLimits,
  maxAnswerBytes: maxAnswerBytesRule,
  caCerts(doing, name, value) {
    // Deno ignores a text without one, such as the name of a file.
    const isPem = (pem: unknown) => typeof pem === "string" && pem.includes("-----BEGIN ");
    if (!Array.isArray(value) || !value.every(isPem)) {
      refuse(doing, name, "a list of certificates in PEM format", value);
    }
  },
  fetch: callback,
};

function headerText(doing: string, name: string, value: unknown): void {
  text(doing, name, value);
  if (!isHeader("x", value as string)) refuse(doing, name, "a valid header value", value);
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers({ [name]: value }).has(name);
  } catch {
    return false;
  }
}
