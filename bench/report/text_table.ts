/** Tables on a terminal. */
import { type Table, cellTexts } from "./table.ts";

/** A table as text, its columns aligned: the first to the left, the others to the right. */
export function textTable(table: Table): string {
  const cells = cellTexts(table);
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
  return [table.title, ...lines.map((line) => `  ${line}`), ...notes(table)].join("\n");
}

function notes({ notes: note = [] }: Table): string[] {
  return note.map((line) => `  ${line}`);
}
