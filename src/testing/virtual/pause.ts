import { onAbort } from "../../async/abort.ts";
import { MAX_TIMER_DELAY } from "../../async/timer.ts";

/**
 * Waits for the given milliseconds. Returns `undefined` if there is nothing to wait for.
 *
 * @throws The signal's reason, as soon as it aborts.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> | undefined {
  if (ms <= 0) return undefined;
  return new Promise((resolve, reject) => {
    const done = (): void => {
      stopListening();
      resolve();
    };
    const timer = ms === Infinity ? undefined : setTimeout(done, Math.min(ms, MAX_TIMER_DELAY));
    const stopListening = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Waits until a time of `performance.now()`. A wait of less than a millisecond is skipped. */
export function pauseUntil(due: number, signal: AbortSignal): Promise<void> | undefined {
  const ms = due - performance.now();
  return ms >= 1 ? pause(ms, signal) : undefined;
}
