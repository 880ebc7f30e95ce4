/**
 * Any OpenAI-compatible server, through the official SDK.
 *
 * @module
 */
import { OpenAI } from "openai";
import {
  checkOptions,
  oneOf,
  positiveInteger,
  record,
  refuse,
  type Rules,
  text,
} from "../model/check.ts";
import { type ProviderLimits, providerLimits } from "../model/limits.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider, ProviderOptions } from "../model/provider.ts";
import { chatApi, responsesApi } from "./_api.ts";
import type { StructuredOutput } from "./_chat.ts";
import { Client } from "./_client.ts";
import { providerError } from "./_errors.ts";
import { EventReader } from "./_event_reader.ts";
import { Heard } from "./_heard.ts";
import { idOf, secretsIn } from "./_identity.ts";
import { serverOf } from "./_server.ts";
import { Transport } from "./transport.ts";

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

/** A provider that holds connections. They are closed when it is disposed; a process may also end without that. */
export interface OpenAIProvider extends Provider, AsyncDisposable {}

const RULES: Rules = {
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

/** What a connection carries before the next one is opened: the lowest limit that hosted APIs are known to have. */
const STREAMS_PER_CONNECTION = 100;
/** What an error says where a schema may be the reason: nothing is downgraded behind anybody's back. */
const NO_SCHEMAS =
  'if it does not know json_schema, give openai() the option structuredOutput: "json_object" or "prompt"';

/**
 * A provider for OpenAI and every server that speaks its Chat Completions: Ollama, vLLM, llama.cpp, OpenRouter, Gemini's and
 * Anthropic's compatible endpoints. With `api: "responses"` for those that speak the Responses API.
 *
 * The SDK does not retry here, since that is done once, above it. Over HTTPS, requests are spread over as many connections
 * as are needed.
 *
 * @throws {TypeError} If an option is wrong, or if there is no key for OpenAI itself.
 *
 * @example A model on your own machine
 * ```ts
 * import { defineAgent } from "@shoal/agents";
 * import { openai } from "@shoal/agents/openai";
 * import { simulator } from "@shoal/agents/testing";
 *
 * await using server = simulator(); // for Ollama it would be http://localhost:11434/v1
 * await using provider = openai({ baseURL: server.url });
 * const Label = defineAgent({
 *   name: "label",
 *   model: "llama3.2",
 *   prompt: "Label the sentiment of this review as positive or negative: {text}",
 *   provider,
 * });
 * console.log((await Label.call({ text: "I love it" })).content);
 * ```
 */
export function openai(options: OpenAIOptions = {}): OpenAIProvider {
  const doing = "talk to an OpenAI server";
  checkOptions(doing, options, RULES);
  const { baseURL, own, apiKey, hasKey } = serverOf(doing, options, RULES);

  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization: options.organization ?? null,
    project: options.project ?? null,
    defaultHeaders: options.headers,
    // It would print parts of answers.
    logLevel: "off",
  });
  const keys = [...(hasKey ? [apiKey] : []), ...secretsIn(options.headers)];
  const transport = new Transport(baseURL, {
    streams: STREAMS_PER_CONNECTION,
    connections: options.connections ?? 100,
    caCerts: options.caCerts,
  });
  // Servers that copied OpenAI know the old name of this setting, OpenAI's newer models only the new one.
  const maxTokensField = own ? "max_tokens" : "max_completion_tokens";
  const structured: StructuredOutput = options.structuredOutput ?? "json_schema";
  const server = idOf(baseURL, options.headers, keys);
  const api = options.api === "responses"
    ? responsesApi(server, structured)
    : chatApi(maxTokensField, structured);
  const client = new Client(sdk, api.path);
  const errorOf = (thrown: unknown, { output }: ModelRequest, { rates }: Heard) =>
    providerError(
      thrown,
      keys,
      rates,
      own && output !== undefined && structured === "json_schema" ? NO_SCHEMAS : undefined,
    );

  return {
    name: options.name ?? "openai",
    id: [
      server,
      ...(options.api === "responses" ? ["api responses"] : []),
      ...(structured === "json_schema" ? [] : [`output as ${structured}`]),
    ].join("\n"),
    limits: options.limits,
    account: accountOf(baseURL, apiKey),
    async generate(request, { signal, onResponse }: ProviderOptions): Promise<ModelReply> {
      using lease = transport.lease();
      const heard = new Heard(onResponse);
      try {
        const answer = await client.json(api.body(request), { signal, lease, heard });
        return api.reply(answer, heard.rates, request);
      } catch (thrown) {
        signal.throwIfAborted();
        throw errorOf(thrown, request, heard);
      }
    },
    async *stream(request, { signal, onResponse }: ProviderOptions): AsyncGenerator<ModelChunk> {
      using lease = transport.lease();
      const heard = new Heard(onResponse);
      try {
        const body = { ...api.body(request), ...api.streaming };
        const response = await client.send(body, { signal, lease, heard });
        using events = new EventReader(response, signal);
        const reader = api.reader(request);
        for (let some; (some = await events.next()) !== undefined;) {
          for (const event of some) {
            const text = reader.add(event);
            if (text !== "") yield { type: "delta", text };
          }
          if (reader.ended) events.last();
        }
        yield { type: "reply", reply: reader.reply(heard.rates) };
      } catch (thrown) {
        signal.throwIfAborted();
        throw errorOf(thrown, request, heard);
      }
    },
    [Symbol.asyncDispose]() {
      transport[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

function isHeader(name: string, value: string): boolean {
  try {
    return new Headers({ [name]: value }).has(name);
  } catch {
    return false;
  }
}

const accounts = new Map<string, object>();

/** What stands for a key at a server: the same for all providers that ask with it. */
function accountOf(baseURL: string, apiKey: string): object {
  const name = `${baseURL} ${apiKey}`;
  let account = accounts.get(name);
  if (account === undefined) accounts.set(name, account = {});
  return account;
}
