import type { Timing } from "../model/result.ts";
import type { Percentiles } from "./percentiles.ts";

/** How the time of many calls divides, in milliseconds: the sums over all of them. */
export interface TimeSpent {
  /** Waiting for a place. */
  readonly queuedMs: number;
  /** Waiting for a rate limit … */
  readonly limitedMs: number;
  /** … most of it for requests a minute, */
  readonly requestsMs: number;
  /** … for tokens a minute, */
  readonly tokensMs: number;
  /** … or because the server had refused and asked to be left alone. */
  readonly pausedMs: number;
  /** Waiting between attempts. */
  readonly backoffMs: number;
  /** Waiting for the model, all attempts together. For streamed answers it is split up … */
  readonly modelMs: number;
  /** … how much of it was connecting, up to the headers of the answer, */
  readonly connectMs: number;
  /** … how much was waiting from there to the first token, */
  readonly firstTokenMs: number;
  /** … and how much was the answer coming in. */
  readonly generationMs: number;
  /** Running tools. */
  readonly toolsMs: number;
}

/** Nothing spent. */
export const NO_TIME: TimeSpent = Object.freeze({
  queuedMs: 0,
  limitedMs: 0,
  requestsMs: 0,
  tokensMs: 0,
  pausedMs: 0,
  backoffMs: 0,
  modelMs: 0,
  connectMs: 0,
  firstTokenMs: 0,
  generationMs: 0,
  toolsMs: 0,
});

/** The sum, with what one call more has spent. */
export function addTime(sum: TimeSpent, call: Timing): TimeSpent {
  const { limitedMs, limitedBy, connectMs = 0, firstTokenMs = connectMs } = call;
  return {
    queuedMs: sum.queuedMs + call.queuedMs,
    limitedMs: sum.limitedMs + limitedMs,
    requestsMs: sum.requestsMs + (limitedBy === "requests" ? limitedMs : 0),
    tokensMs: sum.tokensMs + (limitedBy === "tokens" ? limitedMs : 0),
    pausedMs: sum.pausedMs + (limitedBy === "pause" ? limitedMs : 0),
    backoffMs: sum.backoffMs + call.backoffMs,
    modelMs: sum.modelMs + call.modelMs,
    connectMs: sum.connectMs + connectMs,
    firstTokenMs: sum.firstTokenMs + firstTokenMs - connectMs,
    generationMs: sum.generationMs + (call.generationMs ?? 0),
    toolsMs: sum.toolsMs + call.toolsMs,
  };
}

/** What may take the time: together they are all of it. */
const PARTS = [
  "queuedMs",
  "requestsMs",
  "tokensMs",
  "pausedMs",
  "backoffMs",
  "modelMs",
  "toolsMs",
] as const;

/** What took the most of it, and what can be done about it. */
const WORDS: Readonly<Record<typeof PARTS[number], [what: string, advice?: string]>> = {
  queuedMs: ["limited by concurrency", "a higher `concurrency` would help"],
  requestsMs: ["limited by requests per minute", "only a higher limit would help"],
  tokensMs: ["limited by tokens per minute", "only a higher limit, or shorter texts, would help"],
  pausedMs: ["limited by the server, which refused (429)", "`limits` that it bears would help"],
  backoffMs: ["waiting between attempts", "the server refuses or fails"],
  modelMs: [
    "waiting for the model",
    "a higher `concurrency` would help, if the server's limits allow",
  ],
  toolsMs: ["running tools"],
};

const FOUND = ["limited by the concurrency that the server was found to bear"] as const;

/** Where no call was answered, advice on these is worth nothing: they would only fail faster. */
const HOPEFUL: ReadonlySet<string> = new Set(["queuedMs", "backoffMs", "modelMs", "toolsMs"]);
const IN_VAIN = "every call failed";

/** From here on a tail is long. */
const LONG_TAIL = 3;

/**
 * Says in a sentence what made calls as slow as they were.
 *
 * @param model How long their attempts waited for the model.
 * @param adaptive Was the concurrency found out?
 * @param inVain Did every call fail?
 */
export function verdictOn(
  spent: TimeSpent,
  { p50, p99 }: Percentiles,
  adaptive: boolean,
  inVain = false,
): string {
  const total = PARTS.reduce((sum, part) => sum + spent[part], 0);
  if (total === 0) return "nothing took any time";
  const most = PARTS.reduce((a, b) => spent[b] > spent[a] ? b : a);
  const [what, advice] = most === "queuedMs" && adaptive ? FOUND : WORDS[most];
  const verdict = `${what} ${Math.round(spent[most] / total * 100)} % of the time`;
  if (inVain && HOPEFUL.has(most)) return `${verdict}: ${IN_VAIN}`;
  const tail = !inVain && p50 > 0 && p99 >= LONG_TAIL * p50
    ? `; p99 of the model ${(p99 / p50).toFixed(1)} × its median: hedging would cut it`
    : "";
  return (advice === undefined ? verdict : `${verdict}: ${advice}`) + tail;
}
