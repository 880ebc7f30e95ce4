import type { Result } from "../../../mod.ts";

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
  /** The limit that makes it last so long; absent if that is the work itself. */
  readonly limitedBy?: "--rpm" | "--tpm";
}

/** What the whole is run with. */
export interface Pace {
  /** How many are worked on at the same time; if that is not known, as fast as the sample. */
  readonly concurrency: number | undefined;
  /** Requests that may be sent in a minute. */
  readonly rpm?: number;
  /** Tokens that may be used in a minute. */
  readonly tpm?: number;
  /** How many milliseconds the sample took. */
  readonly wallMs: number;
}

/**
 * Tells the whole by a sample. It takes as long as the work does, or as the limits make it, whichever is longer: of a few rows hardly
 * any has to wait for a limit, and of many rows nearly all.
 *
 * @param total How many rows there are.
 */
export function estimateRun(results: readonly Result[], total: number, pace: Pace): Estimate {
  const costs = results.map(({ cost }) => cost?.total).filter((cost) => cost !== undefined);
  const tokens = estimateTotal(results.map(({ usage }) => usage.totalTokens), total);
  const requests = estimateTotal(results.map(({ attempts }) => attempts.length), total);
  const { rpm, tpm } = pace;
  let ms = workDuration(results, total, pace);
  let limitedBy: Estimate["limitedBy"];
  for (
    const [name, amount, perMinute] of [
      ["--rpm", requests, rpm],
      ["--tpm", tokens, tpm],
    ] as const
  ) {
    if (perMinute === undefined) continue;
    const limited = scaleInterval(amount, 60_000 / perMinute);
    if (limited.mean > ms.mean) limitedBy = name;
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

/** How long it takes as far as nothing has to wait for the limits of the run. */
function workDuration(
  results: readonly Result[],
  total: number,
  { concurrency, rpm, tpm, wallMs }: Pace,
): Interval {
  const all = sum(results.map(({ durationMs }) => durationMs));
  const isLimited = rpm !== undefined || tpm !== undefined;
  const durations = results.map(({ durationMs, timing }) =>
    // Why a server wants to be left alone nobody knows: that stays.
    isLimited && timing.limitedBy !== "pause"
      ? Math.max(0, durationMs - timing.limitedMs)
      : durationMs
  );
  const lanes = Math.min(concurrency ?? Infinity, total);
  const scale = Number.isFinite(lanes) && lanes > 0 ? 1 / lanes : wallMs / (all || 1);
  const { low, mean, high } = scaleInterval(estimateTotal(durations, total), scale);
  return { low, mean, high: Math.max(high, ...durations) };
}

function scaleInterval({ low, mean, high }: Interval, by: number): Interval {
  return { low: low * by, mean: mean * by, high: high * by };
}

function maxInterval(a: Interval, b: Interval): Interval {
  return {
    low: Math.max(a.low, b.low),
    mean: Math.max(a.mean, b.mean),
    high: Math.max(a.high, b.high),
  };
}

/** The sum over `total` values like these: mean and Student's interval, with the correction for a sample that is a good part of the whole. */
export function estimateTotal(values: readonly number[], total: number): Interval {
  const n = values.length;
  if (n === 0) return { low: 0, mean: 0, high: 0 };
  const mean = sum(values) / n;
  if (n === 1) return { low: 0, mean: mean * total, high: Infinity };
  const variance = sum(values.map((value) => (value - mean) ** 2)) / (n - 1);
  const finite = Math.sqrt(Math.max(0, (total - n) / Math.max(1, total - 1)));
  const half = studentQuantile(n - 1) * Math.sqrt(variance / n) * finite;
  return { low: Math.max(0, mean - half) * total, mean: mean * total, high: (mean + half) * total };
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

/** The 97.5 % quantile of Student's t, to a hundredth from 3 degrees of freedom on. */
function studentQuantile(freedom: number): number {
  const exact = [12.71, 4.3, 3.18, 2.78, 2.57];
  if (freedom <= exact.length) return exact[freedom - 1]!;
  const z = 1.96;
  return z + (z ** 3 + z) / (4 * freedom) +
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2);
}
