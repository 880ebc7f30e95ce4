/** Tables of figures: how they are kept, printed and filled. */
import type { Measured } from "./measure.ts";

/** A table: a title, what the columns are, and the rows. */
export interface Table {
  readonly title: string;
  readonly rows: readonly Readonly<Record<string, string | number>>[];
  /** What one must know to read it, a line each. */
  readonly note?: readonly string[];
}

/** Prints a table. */
export function print({ title, rows, note = [] }: Table): void {
  console.log(`\n${title}`);
  const columns = Object.keys(rows[0]!);
  const cells = [columns, ...rows.map((row) => columns.map((column) => String(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  for (const row of cells) {
    const padded = row.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)
    );
    console.log(`  ${padded.join("  ")}`);
  }
  for (const line of note) console.log(`  ${line}`);
}

/** 1234567 as 1,234,567. */
export function count(n: number): string {
  return n.toLocaleString("en");
}

/** To the next whole number. */
export function round(n: number | undefined): string {
  return n === undefined ? "–" : count(Math.round(n));
}

/** The wall time in seconds. */
export function seconds(m: Measured | undefined): string {
  return m === undefined ? "–" : (m.wallMs / 1000).toFixed(2);
}

/** How many times `b` is `a`. */
export function ratio(a: number | undefined, b: number | undefined): string {
  return a === undefined || b === undefined ? "–" : (a / b).toFixed(2);
}

/** Which part of `whole` is `part`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${(part / whole * 100).toFixed(1)} %`;
}
