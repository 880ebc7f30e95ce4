/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Html } from "./page_context.ts";

/** A row, and what it is recognised by when it moves. */
export interface TableRow {
  /** Its name among the rows. */
  readonly key: string;
  /** What stands in it: the first cell is its heading. */
  readonly cells: readonly Child[];
}

/** A table; on a narrow screen each row becomes a card, and each cell says what it is. */
export function Table(
  { label, columns, rows }: {
    label: string;
    /** The names of the columns; one that ends in `#` holds numbers. */
    columns: readonly string[];
    rows: readonly TableRow[];
  },
): Html {
  const names = columns.map((column) => column.replace(/#$/, ""));
  const kind = columns.map((column) => column.endsWith("#") ? "n" : undefined);
  return (
    // Chromium takes the roles away where `display` is not a table's: so they are said.
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {names.map((name, i) => <th role="columnheader" scope="col" class={kind[i]}>{name}</th>)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ key, cells }) => (
          <tr role="row" data-key={key}>
            {cells.map((cell, i) =>
              i === 0
                ? <th role="rowheader" scope="row" data-label={names[i]}>{cell}</th>
                : <td role="cell" class={kind[i]} data-label={names[i]}>{cell}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
