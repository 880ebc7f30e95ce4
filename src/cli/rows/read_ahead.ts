import { type BadRow, type InputRow, isBadRow } from "./row.ts";

/**
 * Yields the rows, the first one once the second one was checked: a check that the second row does
 * not pass ends the run before anything is sent.
 */
export async function* readAhead(
  rows: AsyncIterable<InputRow | BadRow>,
  check: (row: InputRow) => void,
): AsyncGenerator<InputRow | BadRow> {
  let first: InputRow | undefined;
  let isPast = false;
  for await (const row of rows) {
    if (isPast || isBadRow(row)) {
      yield row;
      continue;
    }
    check(row);
    if (first === undefined) {
      first = row;
      continue;
    }
    isPast = true;
    yield first;
    yield row;
  }
  if (first !== undefined && !isPast) yield first;
}
