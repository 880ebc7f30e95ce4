import { isRecord, refuse } from "../model/check_options.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { Result, ResultBase } from "../model/result.ts";
import { addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";
import { ConcurrencyHistory, type DiscoveredConcurrency } from "./concurrency_history.ts";
import { type Percentiles, percentiles } from "./percentiles.ts";
import { addTime, NO_TIME, type TimeSpent, verdictOn } from "./verdict.ts";

/** What happened to many calls, in numbers. */
export interface Summary {
  /** How many calls there were. */
  readonly total: number;
  /** How many succeeded. */
  readonly ok: number;
  /** How many failed. */
  readonly failed: number;
  /** How many were answered from a cache. */
  readonly cached: number;
  /** How many were answered from a journal: they are in no sum of what was used or of time. */
  readonly replayed: number;
  /** How many requests were sent. */
  readonly attempts: number;
  /** What was used. */
  readonly usage: Usage;
  /** What is known of the cost, in US dollars; absent if no price is known. */
  readonly cost?: Cost;
  /** How many calls have no known cost, and so are missing in `cost`. */
  readonly unpriced: number;
  /** From the start of the first call to the end of the last, in milliseconds. */
  readonly wallMs: number;
  /** How long calls took, in milliseconds. */
  readonly durationMs: Percentiles;
  /** Where that time went: the sums over all calls, in milliseconds. */
  readonly timeSpent: TimeSpent;
  /**
   * How an adaptive concurrency has changed, where there was one: at most 200 steps, oldest first.
   */
  readonly concurrency?: readonly DiscoveredConcurrency[];
  /** What made the calls as slow as they were, in a sentence. */
  readonly verdict: string;
  /** By model; agents made of others stand under `"none"`. */
  readonly byModel: Readonly<Record<string, ModelSummary>>;
  /** How many calls failed, by the code of their error. */
  readonly byError: Readonly<Partial<Record<ErrorCode, number>>>;
}

/** What happened to the calls that one model answered. */
export interface ModelSummary {
  /** How many calls there were. */
  readonly total: number;
  /** How many failed. */
  readonly failed: number;
  /** What was used. */
  readonly usage: Usage;
  /** What is known of the cost, in US dollars; absent if no price is known. */
  readonly cost?: Cost;
}

/**
 * Counts results: how many of each kind, what they used and cost, and how long they took.
 *
 * @param results Results of `batch`, the items of a `stream`, or the `results` of a `RunError`:
 * `undefined` is passed over.
 * @throws {TypeError} If something in it is no result.
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
  const all = new Bill();
  const byModel: Record<string, Bill> = {};
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
    (byModel[result.model ?? "none"] ??= new Bill()).count(result);
    if (result.replayed) {
      // It cost nothing, and took no time: that was another run.
      replayed++;
      continue;
    }
    attempts += result.attempts.length;
    first = Math.min(first, result.startedAt);
    last = Math.max(last, result.startedAt + result.durationMs);
    durations.push(result.durationMs);
    timeSpent = addTime(timeSpent, result.timing);
    if (result.attempts.length > 0) modelMs.push(result.timing.modelMs / result.attempts.length);
    for (const attempt of result.attempts) history.add(attempt);
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
    verdict: verdictOn(timeSpent, percentiles(modelMs), concurrency !== undefined, ok === 0),
    byModel: Object.fromEntries(
      Object.entries(byModel).map(([model, bill]) => [model, bill.summary()]),
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

class Bill {
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
    this.usage = addUsage(this.usage, result.usage);
    if (result.cost === undefined) {
      this.unpriced++;
    } else if (result.cost !== NO_COST || this.cost !== undefined) {
      const { input, output, total } = this.cost ?? NO_COST;
      this.cost = {
        input: input + result.cost.input,
        output: output + result.cost.output,
        total: total + result.cost.total,
      };
    }
  }

  summary(): ModelSummary {
    return { total: this.total, failed: this.failed, usage: this.usage, cost: this.cost };
  }
}
