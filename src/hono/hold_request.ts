import type { Context } from "hono";
import { onAbort } from "../async/abort.ts";
import { Heartbeat } from "../async/heartbeat.ts";
import type { StreamOwner } from "./stream/event_stream.ts";

/**
 * Where requests may end at any point, as on Cloudflare Workers, keeps one running until it is
 * disposed, so that the work of a client that has disconnected is aborted in order. The owner is
 * abandoned when the client disconnects, if the runtime reports that, and ended if the request has
 * ended nevertheless.
 *
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
