import { sharedLimiters } from "../../limits/limiter_registry.ts";
import { showDuration } from "../format.ts";

/** Shorter pauses are not reported, in milliseconds. */
const MIN_PAUSE = 15_000;
const INTERVAL = 1_000;

/**
 * Logs each long pause of a model, as a run that waits for a rate limit looks as if it hung.
 *
 * @returns A function that ends the watch.
 */
export function watchPauses(log: (text: string) => void): () => void {
  const reportedUntil = new Map<string, number>();
  const timer = setInterval(() => {
    for (const { model, limiter } of sharedLimiters()) {
      const { pausedForMs } = limiter;
      if (model === undefined || pausedForMs < MIN_PAUSE) continue;
      const until = performance.now() + pausedForMs;
      if (until < (reportedUntil.get(model) ?? 0) + INTERVAL) continue;
      reportedUntil.set(model, until);
      log(`the server asks to wait: "${model}" is paused for ${showDuration(pausedForMs)}`);
    }
  }, INTERVAL);
  return () => clearInterval(timer);
}
