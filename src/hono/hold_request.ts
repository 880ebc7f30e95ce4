import type { Context } from "hono";
import { Heartbeat } from "../async/heartbeat.ts";

/** The part of the execution context of Cloudflare Workers that is used. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Where requests may end at any point, keeps one running until it is disposed, so that the work of
 * a client that has disconnected is aborted in order.
 *
 * @param onGone Called if the request has ended nevertheless. It may run in another request.
 * @returns `undefined` where requests run to their end.
 */
export function holdRequest(c: Context, onGone: () => void): Disposable | undefined {
  const heartbeat = Heartbeat.start(onGone);
  if (heartbeat === undefined) return undefined;
  const released = Promise.withResolvers<void>();
  executionContext(c)?.waitUntil(released.promise);
  return {
    [Symbol.dispose]() {
      heartbeat[Symbol.dispose]();
      released.resolve();
    },
  };
}

/** Returns the execution context; `undefined` if the app is called without one. */
function executionContext(c: Context): ExecutionContext | undefined {
  try {
    return c.executionCtx;
  } catch {
    return undefined;
  }
}
