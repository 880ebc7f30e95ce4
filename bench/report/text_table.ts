import { cellTexts, type Table } from "./table.ts";

/** Returns a table as text. The first column is left-aligned, the others right-aligned. */
export function textTable(table: Table): string {
  const cells = cellTexts(table);
  const widths = cells[0]!.map((_, i) => Math.max(...cells.map((row) => row[i]!.length)));
  const lines = cells.map((row) =>
    row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)).join("  ")
  );
  return [table.title, ...lines.map((line) => `  ${line}`), ...noteLines(table)].join("\n");
}

function noteLines({ notes = [] }: Table): string[] {
  return notes.map((line) => `  ${line}`);
}
