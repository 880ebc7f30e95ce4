/**
 * Puts the tables of the last whole run into the README, between its two comments: `deno task bench:readme`. So nothing stands there that
 * was not measured.
 */
import { machineLine } from "./report/machine.ts";
import { markdownRows } from "./report/markdown_table.ts";
import type { Table } from "./report/table.ts";
import type { Report } from "./report/report.ts";

const BEGIN = "<!-- figures of the bench: written by deno task bench:readme -->";
const END = "<!-- end of the figures -->";

/** Which tables are shown: of which part, the first of those whose title begins so, and with which columns. */
const README_TABLES = [
  {
    part: "modes",
    title: "Modes",
    columns: [
      "mode",
      "in flight",
      "wall s",
      "ideal s",
      "CPU µs per call",
      "KB per call in flight",
      "start ms",
      "failed",
    ],
  },
  { part: "layers", title: "Layers", columns: ["client", "CPU µs per call", "× SDK", "× fetch"] },
  {
    part: "transport",
    title: "Transport",
    columns: ["client", "streams per connection", "in flight", "wall s", "ideal s"],
  },
] as const;

/** The text with the tables of the report between its comments. */
export function insertFigures(readme: string, report: Report): string {
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before < 0 || after < before) {
    throw new Error(
      `Cannot write the figures as the README must have the comments ${BEGIN} and ${END}`,
    );
  }
  const tables = README_TABLES.map(({ part, title, columns }) => {
    const table = findTable(report, part, title);
    const rows = table.rows.map((row) =>
      Object.fromEntries(columns.map((column) => [column, row[column]]))
    );
    return `${table.title}:\n\n${markdownRows({ ...table, rows })}`;
  });
  const how = `Medians of ${report.times} on ${machineLine(report.machine)}; read the ratios.`;
  return [readme.slice(0, before) + BEGIN, how, ...tables, readme.slice(after)].join("\n\n");
}

function findTable({ parts }: Report, part: string, title: string): Table {
  const found = parts[part]?.map(({ table }) => table).find((table) =>
    table.title.startsWith(title)
  );
  if (found === undefined) throw new Error(`Cannot write the figures as there are none of ${part}`);
  return found;
}

if (import.meta.main) {
  const file = new URL("../README.md", import.meta.url);
  const results = new URL("./results/latest.json", import.meta.url);
  const report: Report = JSON.parse(await Deno.readTextFile(results));
  await Deno.writeTextFile(file, insertFigures(await Deno.readTextFile(file), report));
  await new Deno.Command("deno", { args: ["fmt", "--quiet", file.pathname] }).output();
}
