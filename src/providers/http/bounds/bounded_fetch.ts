import { callback, checkOptions, type RulesFor } from "../../../model/check_options.ts";
import {
  DEFAULT_MAX_ANSWER_BYTES,
  MAX_ERROR_BYTES,
  maxAnswerBytesRule,
  TooLargeError,
} from "./answer_limits.ts";
import { isRedirect, redirectError } from "../redirect_error.ts";

/** Options of {@linkcode boundedFetch}. */
export interface BoundedFetchOptions {
  /**
   * The maximum size of an answer, in bytes after decompression: a whole number from 1 to
   * 500,000,000.
   *
   * @default {67_108_864}
   */
  readonly maxAnswerBytes?: number;
  /**
   * The function that sends the requests.
   *
   * @default The global `fetch`
   */
  readonly fetch?: typeof fetch;
}

const RULES: RulesFor<BoundedFetchOptions> = {
  maxAnswerBytes: maxAnswerBytesRule,
  fetch: callback,
};

/**
 * Returns a `fetch` for a model server that is not trusted with more than its answer. It follows no
 * redirect, so that prompts and keys reach no other server, and it ends answers that are larger
 * than `maxAnswerBytes`, and the bodies of errors after 1 MiB. Pass it to a provider of the AI SDK,
 * whose own `fetch` does neither.
 *
 * @throws {TypeError | RangeError} If an option is invalid.
 *
 * @example
 * ```ts
 * import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
 * import { aiSdk, boundedFetch } from "@shoal/agents/ai-sdk";
 *
 * const models = createOpenAICompatible({
 *   name: "local",
 *   baseURL: "http://localhost:11434/v1",
 *   fetch: boundedFetch(),
 * });
 * console.log(aiSdk(models).name); // ai-sdk
 * ```
 */
export function boundedFetch(options: BoundedFetchOptions = {}): typeof fetch {
  checkOptions("bound answers", options, RULES);
  const { maxAnswerBytes = DEFAULT_MAX_ANSWER_BYTES } = options;
  return async (input, init) => {
    const send = options.fetch ?? fetch;
    const response = await send(input, { ...init, redirect: "manual" });
    const status = response.type === "opaqueredirect" ? 0 : response.status;
    if (isRedirect(status)) {
      response.body?.cancel().catch(() => {});
      const url = input instanceof Request ? input.url : String(input);
      throw redirectError({ status, location: response.headers.get("location"), url });
    }
    return boundResponse(response, maxAnswerBytes);
  };
}

/**
 * Returns a response whose body fails with a {@linkcode TooLargeError} after `maxBytes`. That of an
 * error is cut off after 1 MiB instead.
 */
export function boundResponse(response: Response, maxBytes: number): Response {
  if (response.body === null) return response;
  const { status, statusText, headers, ok } = response;
  let left = ok ? maxBytes : MAX_ERROR_BYTES;
  const body = response.body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        left -= chunk.length;
        if (left >= 0) controller.enqueue(chunk);
        else if (ok) controller.error(new TooLargeError(maxBytes));
        else controller.terminate();
      },
    }),
  );
  // What a fetch has decompressed has another length than the headers say.
  const passed = new Headers(headers);
  passed.delete("content-encoding");
  passed.delete("content-length");
  return new Response(body, { status, statusText, headers: passed });
}
