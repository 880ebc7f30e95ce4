/** Formats numbers for people. */

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Returns a number as `12,345`. */
export function showInteger(n: number): string {
  return grouped.format(n);
}

/** Returns US dollars as `$0.0123` or `$12.34`. */
export function showDollars(n: number): string {
  return `$${n.toFixed(n === 0 || n >= 1 ? 2 : n >= 0.01 ? 4 : 6)}`;
}

/** Returns milliseconds as `850 ms`, `42 s`, `3 m 20 s` or `2 h 5 m`. */
export function showDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const s = Math.round(ms / 1_000);
  if (s < 60) return `${s} s`;
  if (s < 3_600) return `${Math.floor(s / 60)} m ${s % 60} s`;
  return `${Math.floor(s / 3_600)} h ${Math.floor(s % 3_600 / 60)} m`;
}

/** Returns a rate per second as `0.4/s`, `12.3/s` or `1,234/s`. */
export function showRate(perSecond: number): string {
  return `${perSecond < 100 ? perSecond.toFixed(1) : showInteger(perSecond)}/s`;
}
