import type { Result } from "../../mod.ts";

/** A sum that is not known, and where it lies with a probability of 95 %. */
export interface Interval {
  /** The lower end. */
  readonly low: number;
  /** The best guess. */
  readonly mean: number;
  /** The upper end. */
  readonly high: number;
}

/** What a whole run will take, told by some of its rows. */
export interface Estimate {
  /** How many of these succeeded. */
  readonly ok: number;
  /** How many of these failed. */
  readonly failed: number;
  /** Dollars of the whole; absent if no price is known. */
  readonly cost?: Interval;
  /** Tokens of the whole. */
  readonly tokens: Interval;
  /** Milliseconds of the whole. */
  readonly ms: Interval;
}

/**
 * Tells the whole by a sample.
 *
 * @param total How many rows there are.
 * @param concurrency How many are worked on at the same time; if that is not known, as fast as the sample.
 * @param wallMs How long the sample took.
 */
export function estimate(
  results: readonly Result[],
  total: number,
  concurrency: number | undefined,
  wallMs: number,
): Estimate {
  const costs = results.map(({ cost }) => cost?.total).filter((cost) => cost !== undefined);
  const durations = results.map(({ durationMs }) => durationMs);
  const lanes = Math.min(concurrency ?? Infinity, total);
  const perRow = intervalOf(durations, total);
  // Rows that wait for a limit have waited in the sample, too: it is never faster than that.
  const scale = Number.isFinite(lanes) && lanes > 0 ? 1 / lanes : wallMs / (sum(durations) || 1);
  const ms = {
    low: perRow.low * scale,
    mean: perRow.mean * scale,
    high: Math.max(perRow.high * scale, Math.max(0, ...durations)),
  };
  return {
    ok: results.filter(({ ok }) => ok).length,
    failed: results.filter(({ ok }) => !ok).length,
    cost: costs.length === 0 ? undefined : intervalOf(costs, total),
    tokens: intervalOf(results.map(({ usage }) => usage.totalTokens), total),
    ms,
  };
}

/** The sum over `total` values like these: mean and Student's interval, with the correction for a sample that is a good part of the whole. */
export function intervalOf(values: readonly number[], total: number): Interval {
  const n = values.length;
  if (n === 0) return { low: 0, mean: 0, high: 0 };
  const mean = sum(values) / n;
  if (n === 1) return { low: 0, mean: mean * total, high: Infinity };
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (n - 1);
  const finite = Math.sqrt(Math.max(0, (total - n) / Math.max(1, total - 1)));
  const half = student(n - 1) * Math.sqrt(variance / n) * finite;
  return { low: Math.max(0, mean - half) * total, mean: mean * total, high: (mean + half) * total };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** The 97.5 % quantile of Student's t, to a hundredth from 3 degrees of freedom on. */
function student(freedom: number): number {
  const exact = [12.71, 4.3, 3.18, 2.78, 2.57];
  if (freedom <= exact.length) return exact[freedom - 1]!;
  const z = 1.96;
  return z + (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
