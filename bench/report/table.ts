/** Tables of figures, and the format of figures. */

/** A figure or a text; `undefined` if it was not measured. */
export type Cell = string | number | undefined;

/** A row: cells by column. */
export type Row = Readonly<Record<string, Cell>>;

/** A table. All rows have the columns of the first. */
export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
  /** Notes below the table, one per line. */
  readonly notes?: readonly string[];
}

/** Formats a cell: numbers with three significant digits and thousands separators. */
export function cellText(cell: Cell): string {
  if (cell === undefined) return "–";
  if (typeof cell === "string") return cell;
  if (Number.isInteger(cell) || Math.abs(cell) >= 100) return count(cell);
  return cell.toFixed(Math.abs(cell) >= 10 ? 1 : 2);
}

/** Returns the header and the rows as texts. */
export function cellTexts({ rows }: Table): string[][] {
  const columns = Object.keys(rows[0] ?? {});
  return [columns, ...rows.map((row) => columns.map((column) => cellText(row[column])))];
}

/** Formats a number as an integer with thousands separators. */
export function count(n: number): string {
  return Math.round(n).toLocaleString("en");
}

/** Formats `part` as a percentage of `whole`. */
export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${(part / whole * 100).toFixed(1)} %`;
}

/** Converts milliseconds to seconds. */
export function seconds(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : ms / 1000;
}
