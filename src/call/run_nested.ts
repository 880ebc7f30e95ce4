import type { ChildAbort } from "../async/abort.ts";
import { type CallContext, inContext } from "./context.ts";

/** How a function ended whose calls belong to a call. */
export type NestedOutcome<T> =
  | { readonly ok: true; readonly value: T }
  | {
    readonly ok: false;
    readonly thrown: unknown;
    /**
     * Whether the signal had aborted before the nested work was aborted. If so, the abort is the
     * cause.
     */
    readonly aborted: boolean;
  };

/**
 * Runs a function in this context, no longer than the abort allows. What it started and did not
 * await ends before this does: if the function failed, by being aborted.
 */
export async function runNested<T>(
  context: Omit<CallContext, "signal" | "started">,
  child: ChildAbort,
  fn: () => T | Promise<T>,
): Promise<NestedOutcome<T>> {
  // The pending nested work.
  const parts = new Set<Promise<unknown>>();
  const started = (part: Promise<unknown>) => {
    const ended = () => parts.delete(part);
    parts.add(part);
    part.then(ended, ended);
  };
  const allEnded = async () => {
    while (parts.size > 0) await Promise.allSettled(parts);
  };
  try {
    child.signal.throwIfAborted();
    const nested = { ...context, signal: child.signal, started };
    const value = await child.race(inContext(nested, async () => await fn()));
    await allEnded();
    return { ok: true, value };
  } catch (thrown) {
    const { aborted } = child.signal;
    child.abort(new DOMException("The call has failed", "AbortError"));
    await allEnded();
    return { ok: false, thrown, aborted };
  }
}
