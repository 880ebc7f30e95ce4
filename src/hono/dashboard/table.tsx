/** @jsxImportSource hono/jsx */
import type { Child } from "hono/jsx";
import type { Html } from "./page_context.ts";

/** A row of a table. */
export interface TableRow {
  /** A unique key, by which live updates recognize the row when it moves. */
  readonly key: string;
  /** The cells; the first is the heading of the row. */
  readonly cells: readonly Child[];
}

/** A table. On narrow screens each row becomes a card with labeled cells. */
export function Table(
  { label, columns, rows }: {
    label: string;
    /** The names of the columns; a name that ends in `#` marks a column of numbers. */
    columns: readonly string[];
    rows: readonly TableRow[];
  },
): Html {
  const names = columns.map((column) => column.replace(/#$/, ""));
  const classes = columns.map((column) => column.endsWith("#") ? "n" : undefined);
  return (
    // Chromium drops the implicit roles where CSS changes `display`, so they are explicit.
    <table role="table" aria-label={label}>
      <thead role="rowgroup">
        <tr role="row">
          {names.map((name, i) => <th role="columnheader" scope="col" class={classes[i]}>{name}
          </th>)}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map(({ key, cells }) => (
          <tr role="row" data-key={key}>
            {cells.map((cell, i) =>
              i === 0
                ? <th role="rowheader" scope="row" data-label={names[i]}>{cell}</th>
                : <td role="cell" class={classes[i]} data-label={names[i]}>{cell}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
