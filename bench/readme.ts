/**
 * Writes tables of the last complete run into the README, between two comments:
 * `deno task bench:readme`.
 */
import { machineLine } from "./report/machine.ts";
import { markdownRows } from "./report/markdown_table.ts";
import type { Table } from "./report/table.ts";
import type { Report } from "./report/report.ts";
import { fileURLToPath } from "node:url";

const BEGIN = "<!-- figures of the bench: written by deno task bench:readme -->";
const END = "<!-- end of the figures -->";

/**
 * The tables in the README: the first of a part whose title has this prefix, with these columns.
 */
const README_TABLES = [
  {
    part: "modes",
    titlePrefix: "Modes",
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
  {
    part: "layers",
    titlePrefix: "Layers",
    columns: ["client", "CPU µs per call", "× SDK", "× fetch"],
  },
  {
    part: "transport",
    titlePrefix: "Transport",
    columns: ["client", "streams per connection", "in flight", "wall s", "ideal s"],
  },
] as const;

/** Returns the README with the tables of the report between the comments. */
export function insertFigures(readme: string, report: Report): string {
  const [before, after] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (before < 0 || after < before) {
    throw new Error(
      `Cannot write the figures as the README must have the comments ${BEGIN} and ${END}`,
    );
  }
  const tables = README_TABLES.map(({ part, titlePrefix, columns }) => {
    const table = findTable(report, part, titlePrefix);
    const rows = table.rows.map((row) =>
      Object.fromEntries(columns.map((column) => [column, row[column]]))
    );
    return `${table.title}:\n\n${markdownRows({ ...table, rows })}`;
  });
  const intro = `Medians of ${report.times} on ${machineLine(report.machine)}; compare the ratios.`;
  return [readme.slice(0, before) + BEGIN, intro, ...tables, readme.slice(after)].join("\n\n");
}

function findTable({ parts }: Report, part: string, titlePrefix: string): Table {
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

if (import.meta.main) {
  const file = new URL("../README.md", import.meta.url);
  const results = new URL("./results/latest.json", import.meta.url);
  const report: Report = JSON.parse(await Deno.readTextFile(results));
  await Deno.writeTextFile(file, insertFigures(await Deno.readTextFile(file), report));
  await new Deno.Command("deno", { args: ["fmt", "--quiet", fileURLToPath(file)] }).output();
}
