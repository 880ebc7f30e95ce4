import { onAbort } from "../../async/abort.ts";

/** Waits; ends at once with the signal's reason. */
export function pause(ms: number, signal: AbortSignal): Promise<void> | undefined {
  if (ms <= 0) return undefined;
  return new Promise((resolve, reject) => {
    const done = (): void => {
      release();
      resolve();
    };
    const timer = ms === Infinity ? undefined : setTimeout(done, Math.min(ms, 2 ** 31 - 1));
    const release = onAbort(signal, () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}

/** Waits until then. What is due within the same millisecond does not wait. */
export function pauseUntil(due: number, signal: AbortSignal): Promise<void> | undefined {
  const ms = due - performance.now();
  return ms >= 1 ? pause(ms, signal) : undefined;
}
