import { type BadRow, isBad, type Row } from "./row.ts";
import type { Rows } from "./rows.ts";

/** The same rows; the header is looked at before the first of them is handed on. */
export async function* withHeader(
  rows: Rows,
  check: (header: readonly string[]) => void,
): AsyncGenerator<Row | BadRow> {
  let checked = false;
  for await (const row of rows) {
    if (!checked && !isBad(row) && rows.header !== undefined) {
      check(rows.header);
      checked = true;
    }
    yield row;
  }
}
