import type { StatementSync } from "node:sqlite";

/** What SQLite takes as a value. */
export type SqlValue = string | number | null;

/** So many rows go into one statement: a call of SQLite costs more than a row. */
const ROWS = 25;

/** Inserts rows; `into` is the beginning of the statement, as far as `VALUES`. */
export function insertRows(
  prepare: (sql: string) => StatementSync,
  into: string,
  rows: readonly (readonly SqlValue[])[],
): void {
  if (rows.length === 0) return;
  const row = `(${rows[0]!.map(() => "?").join()})`;
  const whole = rows.length - rows.length % ROWS;
  if (whole > 0) {
    const many = prepare(`${into} VALUES ${Array(ROWS).fill(row).join()}`);
    for (let i = 0; i < whole; i += ROWS) many.run(...rows.slice(i, i + ROWS).flat());
  }
  if (whole === rows.length) return;
  const one = prepare(`${into} VALUES ${row}`);
  for (let i = whole; i < rows.length; i++) one.run(...rows[i]!);
}
