import { cellTexts, type Table } from "./table.ts";

/** Returns a table as Markdown, with its title as a heading and its notes below. */
export function markdownTable(table: Table): string {
  const note = (table.notes ?? []).map((line) => `- ${line}`);
  return [`### ${table.title}`, markdownRows(table), ...(note.length > 0 ? [note.join("\n")] : [])]
    .join("\n\n");
}

/** Returns the rows as Markdown. The first column is left-aligned, the others right-aligned. */
export function markdownRows(table: Table): string {
  const [head, ...rows] = cellTexts(table).map((row) => row.map(escape));
  const rule = head!.map((_, i) => i === 0 ? "---" : "--:");
  return [head!, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Escapes vertical bars, which would end the cell. */
function escape(text: string): string {
  return text.replaceAll("|", "\\|");
}
