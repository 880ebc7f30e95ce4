import type { Report } from "./report.ts";
import type { Row, Table } from "./table.ts";

/**
 * Returns the first table of a part whose title begins with `titlePrefix`.
 *
 * @throws {Error} If the report has none.
 */
export function findTable({ parts }: Report, part: string, titlePrefix: string): Table {
  const table = parts[part]?.map(({ table }) => table).find((table) =>
    table.title.startsWith(titlePrefix)
  );
  if (table === undefined) {
    throw new Error(
      `Cannot write the figures as the report has no table of ${part}: run deno task bench`,
    );
  }
  return table;
}

/**
 * Returns the first row of a table that has these cells.
 *
 * @throws {Error} If the table has none.
 */
export function findRow(table: Table, cells: Row): Row {
  const row = table.rows.find((row) =>
    Object.entries(cells).every(([column, cell]) => row[column] === cell)
  );
  if (row === undefined) {
    throw new Error(
      `Cannot write the figures as the table "${table.title}" has no row ` +
        `${JSON.stringify(cells)}: run deno task bench`,
    );
  }
  return row;
}
