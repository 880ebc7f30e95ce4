/** Estimates the cost and the time of a run from a sample of its rows. */
import type { Result } from "../../../mod.ts";

/** An estimated sum with its 95 % confidence interval. */
export interface Interval {
  /** The lower end. */
  readonly low: number;
  /** The estimate. */
  readonly mean: number;
  /** The upper end. */
  readonly high: number;
}

/** The estimate of a run. */
export interface Estimate {
  /** The number of successful rows in the sample. */
  readonly ok: number;
  /** The number of failed rows in the sample. */
  readonly failed: number;
  /** The cost of all rows in US dollars. Absent if no price is known. */
  readonly cost?: Interval;
  /** The tokens of all rows. */
  readonly tokens: Interval;
  /** The duration of the run in milliseconds. */
  readonly ms: Interval;
  /** The limit that determines the duration. Absent if the concurrency does. */
  readonly limitedBy?: "--rpm" | "--tpm";
}

/** What determines the pace of the run. */
export interface Pace {
  /** Rows that run concurrently; `undefined` if it is adaptive: then the pace is the sample's. */
  readonly concurrency: number | undefined;
  /** The limit of requests per minute. */
  readonly rpm?: number;
  /** The limit of tokens per minute. */
  readonly tpm?: number;
  /** The duration of the sample, in milliseconds. */
  readonly wallMs: number;
}

/**
 * Estimates a run. Its duration is that of the calls or that of the rate limits, whichever is
 * longer: in a small sample hardly any row waits for a limit, in a long run nearly all of them do.
 *
 * @param total The number of rows in the run.
 */
export function estimateRun(results: readonly Result[], total: number, pace: Pace): Estimate {
  const costs = results.map(({ cost }) => cost?.total).filter((cost) => cost !== undefined);
  const tokens = estimateTotal(results.map(({ usage }) => usage.totalTokens), total);
  const requests = estimateTotal(results.map(({ attempts }) => attempts.length), total);
  const { rpm, tpm } = pace;
  let ms = callDuration(results, total, pace);
  let limitedBy: Estimate["limitedBy"];
  for (
    const [flag, amount, perMinute] of [
      ["--rpm", requests, rpm],
      ["--tpm", tokens, tpm],
    ] as const
  ) {
    if (perMinute === undefined) continue;
    const limited = scaleInterval(amount, 60_000 / perMinute);
    if (limited.mean > ms.mean) limitedBy = flag;
    ms = maxInterval(ms, limited);
  }
  return {
    ok: results.filter(({ ok }) => ok).length,
    failed: results.filter(({ ok }) => !ok).length,
    cost: costs.length === 0 ? undefined : estimateTotal(costs, total),
    tokens,
    ms,
    limitedBy,
  };
}

/**
 * Estimates the duration of all calls without the time that they wait for the run's own limits.
 * Waits for a budget do not count either: most of them end once the sample shows how long answers
 * are.
 */
function callDuration(
  results: readonly Result[],
  total: number,
  { concurrency, rpm, tpm, wallMs }: Pace,
): Interval {
  const sampleMs = sum(results.map(({ durationMs }) => durationMs));
  const isLimited = rpm !== undefined || tpm !== undefined;
  const durations = results.map(({ durationMs, timing }) =>
    // Pauses that the server asked for may recur: they count as part of the call.
    timing.limitedBy === "budget" || isLimited && timing.limitedBy !== "pause"
      ? Math.max(0, durationMs - timing.limitedMs)
      : durationMs
  );
  const lanes = Math.min(concurrency ?? Infinity, total);
  const scale = Number.isFinite(lanes) && lanes > 0 ? 1 / lanes : wallMs / (sampleMs || 1);
  const { low, mean, high } = scaleInterval(estimateTotal(durations, total), scale);
  return { low, mean, high: Math.max(high, ...durations) };
}

function scaleInterval({ low, mean, high }: Interval, factor: number): Interval {
  return { low: low * factor, mean: mean * factor, high: high * factor };
}

function maxInterval(a: Interval, b: Interval): Interval {
  return {
    low: Math.max(a.low, b.low),
    mean: Math.max(a.mean, b.mean),
    high: Math.max(a.high, b.high),
  };
}

/**
 * Estimates the sum over `total` values from a sample: the mean with Student's interval, and the
 * finite population correction.
 */
export function estimateTotal(values: readonly number[], total: number): Interval {
  const n = values.length;
  if (n === 0) return { low: 0, mean: 0, high: 0 };
  const mean = sum(values) / n;
  if (n === 1) return { low: 0, mean: mean * total, high: Infinity };
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (n - 1);
  const correction = Math.sqrt(Math.max(0, (total - n) / Math.max(1, total - 1)));
  const half = studentQuantile(n - 1) * Math.sqrt(variance / n) * correction;
  return { low: Math.max(0, mean - half) * total, mean: mean * total, high: (mean + half) * total };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** Returns the 97.5 % quantile of Student's t, to a hundredth from 3 degrees of freedom on. */
function studentQuantile(freedom: number): number {
  const exact = [12.71, 4.3, 3.18, 2.78, 2.57];
  if (freedom <= exact.length) return exact[freedom - 1]!;
  const z = 1.96;
  return z + (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
