import { delay } from "@std/async/delay";
import { MASKED } from "./mask_secrets.ts";
import { decodeBytes } from "./recorded_bytes.ts";
import type { Recording } from "./recording.ts";

/** Options of {@linkcode replayedResponse}. */
export interface ReplayedResponseOptions {
  /** Whether the answer takes as long as it took. */
  readonly timing: boolean;
  /** Aborts the request. */
  readonly signal: AbortSignal;
}

/** Headers of the recorded connection, which are not those of this one. */
const NOT_REPLAYED = new Set([
  "alt-svc",
  "connection",
  "content-encoding",
  "content-length",
  "keep-alive",
  "transfer-encoding",
]);

/** Statuses whose responses have no body. */
export const NO_BODY: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** Returns the headers to send: those that were recorded, and that belong to the answer. */
export function replayedHeaders({ response }: Recording): Record<string, string> {
  return Object.fromEntries(
    Object.entries(response?.headers ?? {})
      .filter(([name, value]) => value !== MASKED && !NOT_REPLAYED.has(name)),
  );
}

/** Returns the body of the answer to a request that has no recording. */
export function rejection(reason: string): object {
  return { error: { message: `Cannot replay: ${reason}`, type: "replay", code: "no_recording" } };
}

/**
 * Returns the recorded answer.
 *
 * @throws {TypeError} If the connection failed when it was recorded, as `fetch` does.
 */
export async function replayedResponse(
  recording: Recording,
  { timing, signal }: ReplayedResponseOptions,
): Promise<Response> {
  const { response, error, aborted } = recording;
  const pause = (ms: number) => timing ? delay(ms, { signal }) : Promise.resolve();
  signal.throwIfAborted();
  if (response === undefined) throw new TypeError(error ?? "the request was aborted");
  await pause(response.ms);
  let next = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const chunk = response.chunks[next++];
      try {
        signal.throwIfAborted();
        if (chunk === undefined) {
          if (error !== undefined || aborted) {
            throw new TypeError(error ?? "the stream was cut off");
          }
          return controller.close();
        }
        await pause(chunk.ms);
        controller.enqueue(decodeBytes(chunk));
      } catch (thrown) {
        controller.error(thrown);
      }
    },
  }, { highWaterMark: 0 });
  const { status } = response;
  return new Response(NO_BODY.has(status) ? null : body, {
    status,
    headers: replayedHeaders(recording),
  });
}
