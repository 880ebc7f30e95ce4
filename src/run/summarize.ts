import { isRecord, refuse } from "../model/check.ts";
import type { ErrorCode } from "../model/errors.ts";
import type { Result, ResultBase } from "../model/result.ts";
import { addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";
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
  /** How many were answered from a journal. */
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

/** Percentiles by the nearest rank: each is a value that occurred. 0 if there are none. */
export interface Percentiles {
  /** The median. */
  readonly p50: number;
  /** 95 % were at most this. */
  readonly p95: number;
  /** 99 % were at most this. */
  readonly p99: number;
  /** The largest. */
  readonly max: number;
}

/**
 * Counts results: how many of each kind, what they used and cost, and how long they took.
 *
 * @param results Results of `batch`, the items of a `stream`, or the `results` of a `BatchError`: `undefined` is passed over.
 * @throws {TypeError} If something in it is no result.
 *
 * @example
 * ```ts
 * import { batch, defineAgent, summarize } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider: scripted("hi") });
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
  let timeSpent = NO_TIME;
  for (const item of results) {
    if (item === undefined) continue;
    const result = resultOf(item);
    if (result.ok) ok++;
    else byError[result.error.code] = (byError[result.error.code] ?? 0) + 1;
    if (result.cached) cached++;
    if (result.replayed) replayed++;
    attempts += result.attempts.length;
    first = Math.min(first, result.startedAt);
    last = Math.max(last, result.startedAt + result.durationMs);
    durations.push(result.durationMs);
    timeSpent = addTime(timeSpent, result.timing);
    all.add(result);
    (byModel[result.model ?? "none"] ??= new Bill()).add(result);
  }
  const durationMs = percentiles(durations);
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
    verdict: verdictOn(timeSpent, durationMs),
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

  add(result: ResultBase & { readonly ok: boolean }): void {
    this.total++;
    if (!result.ok) this.failed++;
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

/** Percentiles of values in any order. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
