import { subtractSpent } from "../model/spent.ts";
import { isRecord, refuse } from "../model/check_options.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { Result, ResultBase } from "../model/result.ts";
import { addCost, addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";
import { ConcurrencyHistory, type DiscoveredConcurrency } from "./concurrency_history.ts";
import { type Percentiles, percentiles } from "./percentiles.ts";
import { addTime, NO_TIME, type TimeSpent, verdictOn } from "./verdict.ts";

/** The totals of many calls. */
export interface Summary {
  /** The number of calls. */
  readonly total: number;
  /** The number of calls that succeeded. */
  readonly ok: number;
  /** The number of calls that failed. */
  readonly failed: number;
  /** The number of calls answered from a cache. */
  readonly cached: number;
  /** The number of calls answered from a journal. They count in no sum of usage, cost or time. */
  readonly replayed: number;
  /** The number of requests sent. */
  readonly attempts: number;
  /** The total usage. */
  readonly usage: Usage;
  /** The known cost, in US dollars; absent if no price is known. */
  readonly cost?: Cost;
  /** The number of calls whose cost is unknown, and so is not included in `cost`. */
  readonly unpriced: number;
  /** The time from the start of the first call to the end of the last, in milliseconds. */
  readonly wallMs: number;
  /** The durations of the calls, in milliseconds. */
  readonly durationMs: Percentiles;
  /** The parts of that time, summed over all calls, in milliseconds. */
  readonly timeSpent: TimeSpent;
  /**
   * The changes of an adaptive concurrency, at most 200, oldest first; absent if there was none.
   */
  readonly concurrency?: readonly DiscoveredConcurrency[];
  /** What the calls spent most of their time on, in a sentence. */
  readonly verdict: string;
  /** The totals by model. Agents without a model of their own are under `"none"`. */
  readonly byModel: Readonly<Record<string, ModelSummary>>;
  /** The number of failed calls by error code. */
  readonly byError: Readonly<Partial<Record<ErrorCode, number>>>;
}

/** The totals of the calls to one model. */
export interface ModelSummary {
  /** The number of calls. */
  readonly total: number;
  /** The number of calls that failed. */
  readonly failed: number;
  /** The total usage. */
  readonly usage: Usage;
  /** The known cost, in US dollars; absent if no price is known. */
  readonly cost?: Cost;
}

/**
 * Summarizes results: their numbers, usage, cost and durations.
 *
 * @param results Results of `batch`, the items of a `stream`, or the `results` of a `RunError`:
 * `undefined` is skipped.
 * @throws {TypeError} If one of them is not a result.
 *
 * @example
 * ```ts
 * import { batch, defineAgent, summarize } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("hi");
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider });
 * const summary = summarize(await batch([[Echo, { text: "a" }], [Echo, { text: "b" }]]));
 * console.log(summary.ok, summary.failed, summary.usage.totalTokens);
 * ```
 */
export function summarize(
  results: Iterable<Result | { readonly result: Result } | undefined>,
): Summary {
  let [ok, cached, replayed, attempts] = [0, 0, 0, 0];
  let [first, last] = [Infinity, -Infinity];
  const all = new Totals();
  const byModel: Record<string, Totals> = {};
  const byError: Partial<Record<ErrorCode, number>> = {};
  const durations: number[] = [];
  const modelMs: number[] = [];
  const history = new ConcurrencyHistory();
  let timeSpent = NO_TIME;
  for (const item of results) {
    if (item === undefined) continue;
    const result = resultOf(item);
    if (result.ok) ok++;
    else byError[result.error.code] = (byError[result.error.code] ?? 0) + 1;
    if (result.cached) cached++;
    all.count(result);
    (byModel[result.model ?? "none"] ??= new Totals()).count(result);
    if (result.replayed) {
      // A replayed result cost nothing and took no time in this run.
      replayed++;
      continue;
    }
    // Neither did the attempts of an earlier start of the item.
    const sent = result.resumed === undefined
      ? result.attempts
      : result.attempts.filter((attempt) => !attempt.replayed);
    attempts += sent.length;
    first = Math.min(first, result.startedAt);
    last = Math.max(last, result.startedAt + result.durationMs);
    durations.push(result.durationMs);
    timeSpent = addTime(timeSpent, result.timing);
    if (sent.length > 0) modelMs.push(result.timing.modelMs / sent.length);
    for (const attempt of sent) history.add(attempt);
    all.add(result);
    byModel[result.model ?? "none"]!.add(result);
  }
  const durationMs = percentiles(durations);
  const concurrency = history.steps();
  return {
    total: all.total,
    ok,
    failed: all.failed,
    cached,
    replayed,
    attempts,
    usage: all.usage,
    cost: all.cost,
    unpriced: all.unpriced,
    wallMs: durations.length === 0 ? 0 : last - first,
    durationMs,
    timeSpent,
    concurrency,
    verdict: verdictOn(timeSpent, percentiles(modelMs), {
      isAdaptive: concurrency !== undefined,
      allFailed: ok === 0,
    }),
    byModel: Object.fromEntries(
      Object.entries(byModel).map(([model, totals]) => [model, totals.summary()]),
    ),
    byError,
  };
}

function resultOf(item: Result | { readonly result: Result }): Result {
  const result: unknown = item !== null && typeof item === "object" && "result" in item
    ? item.result
    : item;
  if (!isRecord(result) || typeof result.ok !== "boolean" || !Array.isArray(result.attempts)) {
    refuse("summarize", "each item", "a result", result);
  }
  return result as unknown as Result;
}

/** Adds up the counts, usage and cost of results. */
class Totals {
  total = 0;
  failed = 0;
  unpriced = 0;
  usage: Usage = NO_USAGE;
  cost: Cost | undefined;

  count({ ok }: Result): void {
    this.total++;
    if (!ok) this.failed++;
  }

  add(result: ResultBase): void {
    const { usage, cost } = subtractSpent(result, result.resumed);
    this.usage = addUsage(this.usage, usage);
    if (cost === undefined) {
      this.unpriced++;
    } else if (cost !== NO_COST || this.cost !== undefined) {
      this.cost = addCost(this.cost ?? NO_COST, cost);
    }
  }

  summary(): ModelSummary {
    return { total: this.total, failed: this.failed, usage: this.usage, cost: this.cost };
  }
}
