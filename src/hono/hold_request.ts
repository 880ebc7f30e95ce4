import type { Context } from "hono";
import { onAbort } from "../async/abort.ts";
import { Heartbeat } from "../async/heartbeat.ts";
import type { StreamOwner } from "./stream/event_stream.ts";

/**
 * Keeps a request running until the returned object is disposed, so that its calls can be aborted
 * after the client has disconnected. On Cloudflare Workers a request may end earlier.
 *
 * @param owner Abandoned when the client disconnects, if the runtime reports that. Ended if the
 * request ends nevertheless.
 * @returns `undefined` where requests run to their end.
 */
export function holdRequest(
  c: Context,
  owner: Pick<StreamOwner, "abandon" | "end">,
): Disposable | undefined {
  const heartbeat = Heartbeat.start(() => owner.end());
  if (heartbeat === undefined) return undefined;
  const released = Promise.withResolvers<void>();
  executionContext(c)?.waitUntil(released.promise);
  const unfollow = onAbort(c.req.raw.signal, () => owner.abandon());
  return {
    [Symbol.dispose]() {
      unfollow();
      heartbeat[Symbol.dispose]();
      released.resolve();
    },
  };
}

/** Returns the execution context; `undefined` if the app is called without one. */
function executionContext(
  c: Context,
): { waitUntil(promise: Promise<unknown>): void } | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
