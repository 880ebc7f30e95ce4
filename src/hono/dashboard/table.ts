import { attributes, type Child, type Html, html } from "./html.ts";

/** A row of a table. */
export interface TableRow {
  /** A unique key, by which live updates recognize the row when it moves. */
  readonly key: string;
  /** The cells; the first is the heading of the row. */
  readonly cells: readonly Child[];
}

/** The content of a table. */
export interface TableContent {
  /** What the table shows, for screen readers. */
  readonly label: string;
  /** The names of the columns; a name that ends in `#` marks a column of numbers. */
  readonly columns: readonly string[];
  /** The rows. */
  readonly rows: readonly TableRow[];
}

/** A table. On narrow screens each row becomes a card with labeled cells. */
export function table({ label, columns, rows }: TableContent): Html {
  const names = columns.map((column) => column.replace(/#$/, ""));
  const classes = columns.map((column) => column.endsWith("#") ? "n" : undefined);
  const heading = (name: string, i: number) =>
    html`
      <th role="columnheader" scope="col" ${attributes({ class: classes[i] })}>${name}</th>
    `;
  const cell = (content: Child, i: number) =>
    i === 0
      ? html`<th role="rowheader" scope="row" data-label="${names[i]!}">${content}</th>`
      : html`
        <td role="cell" ${attributes({ class: classes[i], "data-label": names[i] })}>${content}</td>
      `;
  // Chromium drops the implicit roles where CSS changes `display`, so they are explicit.
  return html`
    <table role="table" aria-label="${label}">
      <thead role="rowgroup">
        <tr role="row">${names.map(heading)}</tr>
      </thead>
      <tbody role="rowgroup">${rows.map(({ key, cells }) =>
        html`<tr role="row" data-key="${key}">${cells.map(cell)}</tr>`
      )}</tbody>
    </table>
  `;
}
