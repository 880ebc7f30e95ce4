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

/** Percentiles of values in any order. */
export function percentiles(values: readonly number[]): Percentiles {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number): number =>
    sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
}
