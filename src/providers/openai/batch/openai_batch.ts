import { OpenAI } from "openai";
import { createHash } from "node:crypto";
import { onAbort } from "../../../async/abort.ts";
import {
  callback,
  checkOptions,
  milliseconds,
  numberThat,
  positiveInteger,
  positiveMs,
  record,
  type RulesFor,
} from "../../../model/check_options.ts";
import { ProviderError } from "../../../model/errors.ts";
import type { ModelChunk, ModelReply, ModelRequest } from "../../../model/message.ts";
import type { Provider, ProviderOptions } from "../../../model/provider.ts";
import { toWellFormedJson } from "../../http/well_formed.ts";
import { chatApi } from "../api.ts";
import { BatchFiles } from "./batch_files.ts";
import { type BatchChange, type BatchFileStore, ENDPOINT } from "./batch_parts.ts";
import { ServerError } from "../provider_error.ts";
import { publicURL } from "../provider_identity.ts";
import { resolveServer, SERVER_RULES } from "../server_options.ts";
import { batchFetch } from "./batch_fetch.ts";
import { messagesOf } from "./batch_messages.ts";
import { fromSdkError } from "./sdk_error.ts";

export type { BatchChange, BatchFileStore };

/** Options of {@linkcode openaiBatch}. */
export interface OpenAIBatchOptions {
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
   * The maximum number of requests per file, at most 50,000.
   *
   * @default {10_000}
   */
  readonly size?: number;
  /**
   * The maximum size of a file, in bytes.
   *
   * @default {209_715_200}, the limit of OpenAI
   */
  readonly maxBytes?: number;
  /**
   * A file that is not full is sent when no request has been added for this many milliseconds.
   *
   * @default {2_000}
   */
  readonly fill?: number;
  /**
   * The time between two requests for the status of a batch, in milliseconds.
   *
   * @default {30_000}
   */
  readonly poll?: number;
  /**
   * Stores which requests are in which batch, so that their responses are found after a restart.
   */
  readonly store?: BatchFileStore;
  /** Called when the status of a batch changes. Errors that it throws are ignored. */
  readonly onChange?: (change: BatchChange) => void;
}

/**
 * A provider that sends requests in batch files. On dispose, waiting calls fail; batches that were
 * sent continue on the server.
 */
export interface OpenAIBatchProvider extends Provider, AsyncDisposable {}

const BATCH_RULES: RulesFor<OpenAIBatchOptions> = {
  ...SERVER_RULES,
  size: numberThat(
    "a whole number from 1 to 50,000",
    (n) => Number.isInteger(n) && n >= 1 && n <= 50_000,
  ),
  maxBytes: positiveInteger,
  fill: milliseconds,
  poll: positiveMs,
  store: record,
  onChange: callback,
};

/**
 * Creates a provider that uploads requests in files (`/v1/files`) and processes them as batches
 * (`/v1/batches`): at half the price, within a day. Requests that wait at the same time share a
 * file, so use a high concurrency, and timeouts of more than a day.
 *
 * A batch that the server rejects as too many tokens are enqueued is created again until it is
 * accepted, in ever longer intervals of up to ten minutes; see `onChange`. If no other batch is in
 * progress, its file is sent in two halves. A batch that has failed for another reason is not
 * checked again: the next process that uses the `store` sends its requests in a new file.
 *
 * @throws {TypeError} If an option is invalid, or if there is no API key for OpenAI itself.
 */
export function openaiBatch(options: OpenAIBatchOptions = {}): OpenAIBatchProvider {
  const doing = "send batch files";
  checkOptions(doing, options, BATCH_RULES);
  const { size = 10_000, maxBytes = 209_715_200, fill = 2_000, poll = 30_000, store, onChange } =
    options;
  const { baseURL, isCustom, apiKey, authorization, secrets: keys } = resolveServer(doing, options);
  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization: null,
    project: null,
    defaultHeaders: { authorization },
    logLevel: "off",
    fetch: batchFetch,
  });
  const api = chatApi({ server: baseURL, isCustom, structured: "json_schema" });
  const toError = (thrown: unknown, lines: readonly string[] = []) =>
    fromSdkError(thrown, { keys, url: `${baseURL}/`, request: messagesOf(lines) });
  const files = new BatchFiles(sdk, { size, maxBytes, fill, poll, store, onChange, toError });
  /** The number of identical requests, by hash. Each is a request of its own. */
  const counts = new Map<string, number>();

  async function generate(
    request: ModelRequest,
    { signal, onResponse }: ProviderOptions,
  ): Promise<ModelReply> {
    signal.throwIfAborted();
    const body = api.buildRequest(request);
    const json = toWellFormedJson(body);
    const hash = createHash("sha256").update(`${baseURL}\n${json}`).digest("hex").slice(0, 32);
    const count = counts.get(hash) ?? 0;
    counts.set(hash, count + 1);
    const id = `${hash}-${count}`;
    const line = toWellFormedJson({ custom_id: id, method: "POST", url: ENDPOINT, body });
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const release = onAbort(signal, () => reject(signal.reason));
    try {
      const { response, error } = await Promise.race([
        files.submit(request.model, id, line),
        aborted,
      ]);
      onResponse?.();
      if (response?.status_code === 200) return api.readReply(response.body, undefined, request);
      if (response) throw new ServerError(response.body, { status: response.status_code });
      throw new ProviderError(
        `its batch ended without a response: ${error?.code ?? "the server gave no reason"}`,
        {
          code: "provider",
          retryable: error?.code === "batch_expired" || error === undefined,
        },
      );
    } catch (thrown) {
      signal.throwIfAborted();
      throw fromSdkError(thrown, { keys, url: `${baseURL}/`, request });
    } finally {
      release();
      files.forget(id);
    }
  }

  return {
    name: "openai-batch",
    baseURL: publicURL(baseURL, keys),
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
