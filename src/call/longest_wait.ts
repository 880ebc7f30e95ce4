/** How long a call waits for a server that asks for it. */
import { deadlineOf } from "../async/abort.ts";
import { LONG_WAIT, LONGEST_RETRY_AFTER } from "../model/errors.ts";
import type { Outgoing } from "./outgoing.ts";

type Waiting = Pick<Outgoing, "signal" | "hasFallback" | "longestPause">;

/**
 * Returns the longest wait after a rejection, in milliseconds: the time that the call has left, or
 * {@linkcode LONGEST_RETRY_AFTER} if nothing limits it; {@linkcode LONG_WAIT} if a fallback model
 * follows.
 */
export function longestWait({ signal, hasFallback }: Waiting): number {
  if (hasFallback) return LONG_WAIT;
  const left = deadlineOf(signal) - performance.now();
  return left === Infinity ? LONGEST_RETRY_AFTER : left;
}

/**
 * Returns the longest pause of its model that a call waits for, in milliseconds. A call that has
 * not been rejected itself waits until its time limit, as the next call of a run would find the
 * same pause, and fail as well. A pause of more than {@linkcode LONGEST_RETRY_AFTER} is only waited
 * for if the time limit allows it.
 */
export function longestPause(call: Waiting): number {
  if (call.longestPause !== undefined) return call.longestPause;
  return call.hasFallback ? LONG_WAIT : Math.max(LONGEST_RETRY_AFTER, longestWait(call));
}
