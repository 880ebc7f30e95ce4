/** Formats figures for the pages. */

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });

/** Formats an integer: `1,234`; from 100,000 on: `123.5K`. */
export function formatCount(n: number): string {
  return n < 100_000 ? whole.format(n) : short.format(n);
}

/** Formats a number that may be small: `0.4`, `12`. */
export function formatRate(n: number): string {
  return n < 10 ? fine.format(n) : formatCount(n);
}

/** Formats US dollars, with more digits for small amounts: `$0.0012`, `$1.24`. */
export function formatDollars(usd: number): string {
  if (usd === 0) return "$0";
  return usd < 0.0001 ? "<$0.0001" : `$${usd.toFixed(usd < 1 ? 4 : 2)}`;
}

/** Formats a duration in milliseconds: `85 ms`, `1.2 s`, `3 min 5 s`. */
export function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
  return `${minutes} min ${Math.floor(ms / 1000) % 60} s`;
}

/** Formats a share from 0 to 1: `99.5 %`. Only exactly 1 is shown as 100 %. */
export function formatPercent(share: number): string {
  const shown = share < 1 ? Math.min(99.9, share * 100) : 100;
  return `${fine.format(shown)} %`;
}
