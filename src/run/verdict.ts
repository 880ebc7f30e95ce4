import type { Timing } from "../model/timing.ts";
import type { Percentiles } from "./percentiles.ts";

/** The parts of the time of many calls, summed over all of them, in milliseconds. */
export interface TimeSpent {
  /** Waiting in the queue for a permit, as the `concurrency` was reached. */
  readonly queuedMs: number;
  /** Waiting for a rate limit or a budget, in total. */
  readonly limitedMs: number;
  /** The part of `limitedMs` in calls that waited longest for requests per minute. */
  readonly requestsMs: number;
  /** The part of `limitedMs` in calls that waited longest for tokens per minute. */
  readonly tokensMs: number;
  /** The part of `limitedMs` in calls that waited longest for a pause that the server requested. */
  readonly pausedMs: number;
  /**
   * The part of `limitedMs` in calls that waited longest for a budget of which others in flight had
   * reserved the rest.
   */
  readonly budgetMs: number;
  /** Backing off between attempts. */
  readonly backoffMs: number;
  /**
   * Waiting for the model, over all attempts. The next three are known for streamed answers only.
   */
  readonly modelMs: number;
  /** The time until the response headers of the last attempt. */
  readonly connectMs: number;
  /** The time from the headers to the first token. */
  readonly firstTokenMs: number;
  /** The time from the first token to the end of the answer. */
  readonly generationMs: number;
  /** Running tools. */
  readonly toolsMs: number;
}

/** The time spent by no call. */
export const NO_TIME: TimeSpent = Object.freeze({
  queuedMs: 0,
  limitedMs: 0,
  requestsMs: 0,
  tokensMs: 0,
  pausedMs: 0,
  budgetMs: 0,
  backoffMs: 0,
  modelMs: 0,
  connectMs: 0,
  firstTokenMs: 0,
  generationMs: 0,
  toolsMs: 0,
});

/** Adds the time of a call to a sum. */
export function addTime(sum: TimeSpent, call: Timing): TimeSpent {
  const { limitedMs, limitedBy, connectMs = 0, firstTokenMs = connectMs } = call;
  return {
    queuedMs: sum.queuedMs + call.queuedMs,
    limitedMs: sum.limitedMs + limitedMs,
    requestsMs: sum.requestsMs + (limitedBy === "requests" ? limitedMs : 0),
    tokensMs: sum.tokensMs + (limitedBy === "tokens" ? limitedMs : 0),
    pausedMs: sum.pausedMs + (limitedBy === "pause" ? limitedMs : 0),
    budgetMs: sum.budgetMs + (limitedBy === "budget" ? limitedMs : 0),
    backoffMs: sum.backoffMs + call.backoffMs,
    modelMs: sum.modelMs + call.modelMs,
    connectMs: sum.connectMs + connectMs,
    firstTokenMs: sum.firstTokenMs + firstTokenMs - connectMs,
    generationMs: sum.generationMs + (call.generationMs ?? 0),
    toolsMs: sum.toolsMs + call.toolsMs,
  };
}

/** The parts that add up to the whole time. */
const PARTS = [
  "queuedMs",
  "requestsMs",
  "tokensMs",
  "pausedMs",
  "budgetMs",
  "backoffMs",
  "modelMs",
  "toolsMs",
] as const;

/** A description of each part, and advice on how to reduce it. */
const DESCRIPTIONS: Readonly<Record<typeof PARTS[number], [description: string, advice?: string]>> =
  {
    queuedMs: ["limited by concurrency", "a higher `concurrency` would help"],
    requestsMs: ["limited by requests per minute", "only a higher limit would help"],
    tokensMs: ["limited by tokens per minute", "only a higher limit, or shorter texts, would help"],
    pausedMs: [
      "limited by the server, which rejected requests (429)",
      "set `limits` that it accepts",
    ],
    budgetMs: [
      "limited by the budget",
      "a larger `budget`, or a `maxTokens` near the length of the answers, would help",
    ],
    backoffMs: ["backing off between attempts", "the server rejects requests or fails"],
    modelMs: [
      "waiting for the model",
      "a higher `concurrency` would help, if the server's limits allow",
    ],
    toolsMs: ["running tools"],
  };

const ADAPTIVE = ["limited by the concurrency that the server accepts"] as const;

/** Parts whose advice is omitted if every call failed: the calls would only fail faster. */
const OMITTED_IF_ALL_FAILED: ReadonlySet<string> = new Set([
  "queuedMs",
  "backoffMs",
  "modelMs",
  "toolsMs",
]);

/** The ratio of the 99th percentile to the median from which a tail is reported. */
const LONG_TAIL_RATIO = 3;

/** What a verdict depends on, beside the time spent. */
export interface VerdictOptions {
  /** Whether the concurrency was adaptive. */
  readonly isAdaptive: boolean;
  /**
   * Whether every call failed.
   *
   * @default {false}
   */
  readonly allFailed?: boolean;
}

/**
 * Returns a sentence on what the calls spent most of their time on.
 *
 * @param percentiles How long their attempts waited for the model.
 */
export function verdictOn(
  spent: TimeSpent,
  { p50, p99 }: Percentiles,
  { isAdaptive, allFailed = false }: VerdictOptions,
): string {
  const total = PARTS.reduce((sum, part) => sum + spent[part], 0);
  if (total === 0) return "nothing took any time";
  const largest = PARTS.reduce((a, b) => spent[b] > spent[a] ? b : a);
  const [description, advice] = largest === "queuedMs" && isAdaptive
    ? ADAPTIVE
    : DESCRIPTIONS[largest];
  const verdict = `${description} ${Math.round(spent[largest] / total * 100)} % of the time`;
  if (allFailed && OMITTED_IF_ALL_FAILED.has(largest)) return `${verdict}: every call failed`;
  const tail = !allFailed && p50 > 0 && p99 >= LONG_TAIL_RATIO * p50
    ? `; p99 of the model ${(p99 / p50).toFixed(1)} × its median: hedging would cut it`
    : "";
  return (advice === undefined ? verdict : `${verdict}: ${advice}`) + tail;
}
