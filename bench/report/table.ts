/** Tables of figures, and how figures are written. */

/** A figure as it was measured, or words; `undefined` is what was not measured. */
export type Cell = string | number | undefined;

/** A row: what stands in each column. */
export type Row = Readonly<Record<string, Cell>>;

/** A table: a title, and the rows. All rows have the columns of the first. */
export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
  /** What one must know to read it, a line each. */
  readonly notes?: readonly string[];
}

/** What stands in a cell: numbers with three digits that count, and thousands apart. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 100) return count(cell);
  return cell.toFixed(Math.abs(cell) >= 10 ? 1 : 2);
}

/** The heads of the columns, then the rows, as texts. */
export function cellTexts({ rows }: Table): string[][] {
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((column) => cellText(row[column])))];
}

/** 1234567.8 as 1,234,568. */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en");
}

/** Which part of `whole` is `part`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${(part / whole * 100).toFixed(1)} %`;
}

/** Milliseconds as seconds. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
