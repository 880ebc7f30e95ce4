/**
 * Any OpenAI-compatible server, through the official SDK.
 *
 * @module
 */
import { OpenAI } from "openai";
import { onAbort } from "../model/abort.ts";
import { checkOptions, positiveInteger, record, refuse, type Rules, text } from "../model/check.ts";
import { type ProviderLimits, providerLimits } from "../model/limits.ts";
import type { ModelChunk, ModelReply } from "../model/message.ts";
import type { Provider, ProviderOptions } from "../model/provider.ts";
import { bodyOf, type Chunk, type Completion, ReplyBuilder, replyOf } from "./_chat.ts";
import { Client } from "./_client.ts";
import { providerError } from "./_errors.ts";
import { Heard } from "./_heard.ts";
import { idOf, secretsIn } from "./_identity.ts";
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
  limits: providerLimits,
  caCerts(doing, name, value) {
    if (!Array.isArray(value) || value.some((pem) => typeof pem !== "string")) {
      refuse(doing, name, "a list of certificates", value);
    }
  },
};

/** What a connection carries before the next one is opened: the lowest limit that hosted APIs are known to have. */
const STREAMS_PER_CONNECTION = 100;
/** What is sent where a server wants some key or other: the SDK does not work without one. */
const NO_KEY = "none";
const OPENAI_URL = "https://api.openai.com/v1";

/**
 * A provider for OpenAI and every server that speaks its Chat Completions: Ollama, vLLM, llama.cpp, OpenRouter, Gemini's and
 * Anthropic's compatible endpoints.
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
  const baseURL = options.baseURL ?? environment("OPENAI_BASE_URL") ?? OPENAI_URL;
  RULES.baseURL!(doing, "OPENAI_BASE_URL", baseURL);
  // OpenAI has more than one address: https://eu.api.openai.com/v1 is another.
  const own = !/(^|\.)api\.openai\.com$/.test(new URL(baseURL).hostname);
  const key = options.apiKey ?? environment("OPENAI_API_KEY") ?? (own ? NO_KEY : undefined);
  if (key === undefined) {
    throw new TypeError(
      `Cannot ${doing} as there is no key: set OPENAI_API_KEY, pass \`apiKey\`, or name another server by \`baseURL\``,
    );
  }
  RULES.apiKey!(doing, "OPENAI_API_KEY", key);
  const apiKey = key.trim();

  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization: options.organization ?? null,
    project: options.project ?? null,
    defaultHeaders: options.headers,
    // It would print parts of answers.
    logLevel: "off",
  });
  const keys = [...(apiKey === NO_KEY ? [] : [apiKey]), ...secretsIn(options.headers)];
  const client = new Client(sdk, "/chat/completions");
  const transport = new Transport(baseURL, {
    streams: STREAMS_PER_CONNECTION,
    connections: options.connections ?? 100,
    caCerts: options.caCerts,
  });
  // Servers that copied OpenAI know the old name of this setting, OpenAI's newer models only the new one.
  const maxTokensField = own ? "max_tokens" : "max_completion_tokens";

  return {
    name: options.name ?? "openai",
    id: idOf(baseURL, options.headers, keys),
    limits: options.limits,
    account: accountOf(baseURL, apiKey),
    async generate(request, { signal, onResponse }: ProviderOptions): Promise<ModelReply> {
      using lease = transport.lease();
      const heard = new Heard(onResponse);
      try {
        const body = bodyOf(request, maxTokensField);
        const answer = await client.json<Completion>(body, { signal, lease, heard });
        return replyOf(answer, heard.rates);
      } catch (thrown) {
        signal.throwIfAborted();
        throw providerError(thrown, keys, heard.rates);
      }
    },
    async *stream(request, { signal, onResponse }: ProviderOptions): AsyncGenerator<ModelChunk> {
      using lease = transport.lease();
      const heard = new Heard(onResponse);
      // The SDK wants to abort the request by itself when the reading ends early.
      const controller = new AbortController();
      const release = onAbort(signal, () => controller.abort(signal.reason));
      try {
        const body = {
          ...bodyOf(request, maxTokensField),
          stream: true,
          stream_options: { include_usage: true },
        };
        const builder = new ReplyBuilder();
        for await (const chunk of await client.stream<Chunk>(body, { lease, heard }, controller)) {
          const text = builder.add(chunk);
          if (text !== "") yield { type: "delta", text };
        }
        // The SDK ends an aborted stream as if it were at its end.
        signal.throwIfAborted();
        yield { type: "reply", reply: builder.reply(heard.rates) };
      } catch (thrown) {
        signal.throwIfAborted();
        throw providerError(thrown, keys, heard.rates);
      } finally {
        release();
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

/** A variable of the environment; one that may not be read is not there. */
function environment(name: string): string | undefined {
  try {
    const { Deno, process } = globalThis as {
      Deno?: { env: { get(name: string): string | undefined } };
      process?: { env: Record<string, string | undefined> };
    };
    return (Deno === undefined ? process?.env[name] : Deno.env.get(name)) || undefined;
  } catch {
    return undefined;
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
