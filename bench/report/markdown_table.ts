/** Tables as Markdown. */
import { type Table, cellTexts } from "./table.ts";

/** A table as Markdown, with its title as a heading and its notes below. */
export function markdownTable(table: Table): string {
  const note = (table.notes ?? []).map((line) => `- ${line}`);
  return [`### ${table.title}`, markdownRows(table), ...(note.length > 0 ? [note.join("\n")] : [])]
    .join("\n\n");
}

/** The rows alone: the first column to the left, the others to the right. */
export function markdownRows(table: Table): string {
  const [head, ...rows] = cellTexts(table).map((row) => row.map(escape));
  const rule = head!.map((_, i) => i === 0 ? "---" : "--:");
  return [head!, rule, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** A bar in a text would end its cell. */
function escape(text: string): string {
  return text.replaceAll("|", "\\|");
}
