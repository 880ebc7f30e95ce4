import type { Timing } from "../model/result.ts";
import type { Percentiles } from "./summarize.ts";

/** How the time of many calls divides, in milliseconds: the sums over all of them. */
export type TimeSpent = Readonly<
  Record<"queuedMs" | "limitedMs" | "backoffMs" | "modelMs" | "toolsMs", number>
>;

const PARTS = ["queuedMs", "limitedMs", "backoffMs", "modelMs", "toolsMs"] as const;

/** What took the time, where it took the most, and what can be done about it. */
const WORDS: Readonly<Record<typeof PARTS[number], string>> = {
  queuedMs: "calls waited for a place: a higher `concurrency` would help",
  limitedMs: "calls waited for a rate limit: only a higher limit would help",
  backoffMs: "calls waited between attempts: the server refuses or fails",
  modelMs: "calls waited for the model: a higher `concurrency` would help, if limits allow",
  toolsMs: "tools were running",
};

/** Nothing spent. */
export const NO_TIME: TimeSpent = Object.freeze({
  queuedMs: 0,
  limitedMs: 0,
  backoffMs: 0,
  modelMs: 0,
  toolsMs: 0,
});

/** The sum of times. */
export function addTime(a: TimeSpent, b: Timing): TimeSpent {
  return {
    queuedMs: a.queuedMs + b.queuedMs,
    limitedMs: a.limitedMs + b.limitedMs,
    backoffMs: a.backoffMs + b.backoffMs,
    modelMs: a.modelMs + b.modelMs,
    toolsMs: a.toolsMs + b.toolsMs,
  };
}

/** Says in a sentence what made the calls as slow as they were. */
export function verdictOn(spent: TimeSpent, { p50, p99 }: Percentiles): string {
  const total = PARTS.reduce((sum, part) => sum + spent[part], 0);
  if (total === 0) return "nothing took any time";
  const most = PARTS.reduce((a, b) => spent[b] > spent[a] ? b : a);
  const share = Math.round(spent[most] / total * 100);
  // A tail is only worth a word where it is long.
  const tail = p50 > 0 && p99 >= 3 * p50 ? `; p99 is ${(p99 / p50).toFixed(1)} × the median` : "";
  return `${share} % of the time ${WORDS[most]}${tail}`;
}
