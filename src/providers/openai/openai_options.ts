/** What can be asked of the OpenAI provider: its options, and the rules for them. */
import {
  oneOf,
  positiveInteger,
  record,
  refuse,
  type Rules,
  text,
} from "../../model/check_options.ts";
import { type ProviderLimits, providerLimits } from "../../model/limits.ts";

/** Which server to talk to, and how. */
export interface OpenAIOptions {
  /**
   * The key.
   *
   * @default The environment's `OPENAI_API_KEY`; none is needed with a `baseURL` of your own
   */
  readonly apiKey?: string;
  /**
   * Where the server is, up to and with `/v1`.
   *
   * @default The environment's `OPENAI_BASE_URL`, or `https://api.openai.com/v1`
   */
  readonly baseURL?: string;
  /**
   * How the provider is called in errors.
   *
   * @default {"openai"}
   */
  readonly name?: string;
  /** The organization to bill. */
  readonly organization?: string;
  /** The project to bill. */
  readonly project?: string;
  /** More headers for each request. */
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * The most connections over HTTPS. One is opened for every 100 requests in flight, since servers let an HTTP/2
   * connection carry only so many at a time.
   *
   * @default {100}
   */
  readonly connections?: number;
  /**
   * The language to speak: Chat Completions, which all such servers know, or OpenAI's newer Responses API, with which models that
   * reason can go on with their thoughts after a tool has answered. The server is asked to store nothing. It has no settings
   * `stop` and `seed`: they are refused.
   *
   * @default {"chat"}
   */
  readonly api?: "chat" | "responses";
  /**
   * How the schema of an agent's `output` is told to the server: as a `json_schema` that it holds the model to; as a wish for a
   * `json_object`, with the schema in the system message; or by the system message alone (`prompt`), for servers that know
   * neither. The answer is checked in any case.
   *
   * @default {"json_schema"}
   */
  readonly structuredOutput?: "json_schema" | "json_object" | "prompt";
  /** How much may be asked with this key, at a time and in a minute. All providers with the same key share it. */
  readonly limits?: ProviderLimits;
  /** Certificates to trust beside the usual ones, in PEM: for servers of your own. Deno only. */
  readonly caCerts?: readonly string[];
}

/** What each option must be. */
export const OPENAI_RULES: Rules = {
  apiKey(doing, name, value) {
    text(doing, name, value);
    // Never shown, not even by the error that `Headers` throws.
    if (!/^[\x20-\x7e]+$/.test((value as string).trim())) {
      refuse(doing, name, "one line of plain characters", value);
    }
  },
  baseURL(doing, name, value) {
    if (typeof value !== "string" || !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      refuse(doing, name, "an http or https URL", value);
    }
  },
  name: text,
  organization: text,
  project: text,
  headers(doing, name, value) {
    record(doing, name, value);
    for (const [header, said] of Object.entries(value as Record<string, unknown>)) {
      if (typeof said !== "string" || !isHeader(header, said)) {
        refuse(doing, `${name}["${header}"]`, "a text that a header can carry", said);
      }
    }
  },
  connections: positiveInteger,
  api: oneOf("chat", "responses"),
  structuredOutput: oneOf("json_schema", "json_object", "prompt"),
  limits: providerLimits,
  caCerts(doing, name, value) {
    if (!Array.isArray(value) || value.some((pem) => typeof pem !== "string")) {
      refuse(doing, name, "a list of certificates", value);
    }
  },
};

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers({ [name]: value }).has(name);
  } catch {
    return false;
  }
}
