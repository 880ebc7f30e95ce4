import { OpenAI } from "openai";
import { APIError } from "openai";
import { createHash } from "node:crypto";
import { onAbort } from "../../../async/abort.ts";
import {
  callback,
  checkOptions,
  milliseconds,
  positiveInteger,
  positiveMs,
  record,
  refuse,
  type Rules,
  text,
} from "../../../model/check_options.ts";
import { ProviderError } from "../../../model/errors.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../../model/message.ts";
import type { Provider, ProviderOptions } from "../../../model/provider.ts";
import { chatApi } from "../api.ts";
import { BatchFiles } from "./batch_files.ts";
import { type BatchChange, type BatchStore, ENDPOINT } from "./batch_parts.ts";
import { providerError } from "../provider_error.ts";
import { serverOf } from "../server_options.ts";

export type { BatchChange, BatchStore };

/** How requests are put into batch files. */
export interface OpenAIBatchOptions {
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
   * The most requests in a file.
   *
   * @default {10_000}
   */
  readonly size?: number;
  /**
   * How long no further request must come until a file is sent that is not full, in milliseconds.
   *
   * @default {2_000}
   */
  readonly fill?: number;
  /**
   * Milliseconds between two looks at a batch.
   *
   * @default {30_000}
   */
  readonly poll?: number;
  /** Remembers which requests were sent in which batch, so that their answers are found after a restart. */
  readonly store?: BatchStore;
  /** Told what happens to batches. What it throws is lost. */
  readonly onChange?: (change: BatchChange) => void;
}

/** A provider that asks by batch files. What waits when it is disposed fails; what was sent goes on at the server. */
export interface OpenAIBatchProvider extends Provider, AsyncDisposable {}

const RULES: Rules = {
  apiKey: text,
  baseURL(doing, name, value) {
    if (typeof value !== "string" || !/^https?:$/.test(URL.parse(value)?.protocol ?? "")) {
      refuse(doing, name, "an http or https URL", value);
    }
  },
  size: positiveInteger,
  fill: milliseconds,
  poll: positiveMs,
  store: record,
  onChange: callback,
};

/**
 * A provider that puts requests into files (`/v1/files`), has them answered as batches (`/v1/batches`), and gives each caller the answer to
 * its own: for half the price, within a day. Requests that wait together go together, so let many wait, with time limits to match.
 *
 * @throws {TypeError} If an option is wrong, or if there is no key for OpenAI itself.
 */
export function openaiBatch(options: OpenAIBatchOptions = {}): OpenAIBatchProvider {
  const doing = "ask by batch files";
  checkOptions(doing, options, RULES);
  const { size = 10_000, fill = 2_000, poll = 30_000, store, onChange } = options;
  const { baseURL, own, apiKey, hasKey } = serverOf(doing, options, RULES);
  const sdk = new OpenAI({ apiKey, baseURL, organization: null, project: null, logLevel: "off" });
  const keys = hasKey ? [apiKey] : [];
  const api = chatApi(own ? "max_tokens" : "max_completion_tokens", "json_schema");
  const errorOf = (thrown: unknown) => providerError(thrown, keys, undefined);
  const files = new BatchFiles(sdk, { size, fill, poll, store, onChange, errorOf });
  /** How often the same was asked: the second time is a request of its own. */
  const asked = new Map<string, number>();

  async function generate(
    request: ModelRequest,
    { signal, onResponse }: ProviderOptions,
  ): Promise<ModelReply> {
    signal.throwIfAborted();
    const body = api.body(request);
    const json = JSON.stringify(body);
    const hash = createHash("sha256").update(`${baseURL}\n${json}`).digest("hex").slice(0, 32);
    const times = asked.get(hash) ?? 0;
    asked.set(hash, times + 1);
    const id = `${hash}-${times}`;
    const line = JSON.stringify({ custom_id: id, method: "POST", url: ENDPOINT, body });
    const { promise: left, reject } = Promise.withResolvers<never>();
    const release = onAbort(signal, () => reject(signal.reason));
    try {
      const { response, error } = await Promise.race([files.ask(request.model, id, line), left]);
      onResponse?.();
      if (response?.status_code === 200) return api.reply(response.body, undefined, request);
      if (response) {
        throw errorOf(
          APIError.generate(response.status_code, response.body, undefined, new Headers()),
        );
      }
      throw new ProviderError(
        `its batch ended without an answer: ${error?.code ?? "no reason told"}`,
        {
          code: "provider",
          retryable: error?.code === "batch_expired" || error === undefined,
        },
      );
    } finally {
      release();
      files.leave(id);
    }
  }

  return {
    name: "openai-batch",
    generate,
    async *stream(request, options): AsyncGenerator<ModelChunk> {
      const reply = await generate(request, options);
      if (reply.text !== "") yield { type: "delta", text: reply.text };
      yield { type: "reply", reply };
    },
    async [Symbol.asyncDispose]() {
      await files.close();
    },
  };
}
