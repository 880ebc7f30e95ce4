import type { SqlStatement, SqlValue } from "./sqlite_database.ts";

/** The number of rows per statement: executing a statement costs more than inserting a row. */
const ROWS_PER_STATEMENT = 25;

/** Inserts rows. `into` is the statement up to `VALUES`. */
export function insertRows(
  prepare: (sql: string) => SqlStatement,
  into: string,
  rows: readonly (readonly SqlValue[])[],
): void {
  if (rows.length === 0) return;
  const row = `(${rows[0]!.map(() => "?").join()})`;
  const fullRows = rows.length - rows.length % ROWS_PER_STATEMENT;
  if (fullRows > 0) {
    const many = prepare(`${into} VALUES ${Array(ROWS_PER_STATEMENT).fill(row).join()}`);
    for (let i = 0; i < fullRows; i += ROWS_PER_STATEMENT) {
      many.run(...rows.slice(i, i + ROWS_PER_STATEMENT).flat());
    }
  }
  if (fullRows === rows.length) return;
  const one = prepare(`${into} VALUES ${row}`);
  for (let i = fullRows; i < rows.length; i++) one.run(...rows[i]!);
}
