/**
 * Writes the figures of the last complete runs into the docs, between two comments: a small table
 * into the README, and all tables into `docs/benchmarks.md`. `deno task bench:readme`.
 */
import { guideFigures } from "./guide.ts";
import { GROUPS } from "./groups.ts";
import { findRow, findTable } from "./report/find_table.ts";
import { insertBetween } from "./report/insert_between.ts";
import { machineLine } from "./report/machine.ts";
import { markdownRows } from "./report/markdown_table.ts";
import type { Report } from "./report/report.ts";
import { cellText, type Row } from "./report/table.ts";
import { readReports } from "./report/write_report.ts";
import { fileURLToPath } from "node:url";

const MARKS = {
  begin: "<!-- figures of the bench: written by deno task bench:readme -->",
  end: "<!-- end of the figures -->",
};

/** The rows of the table in the README: cells of the table of modes. */
const MODES: readonly Row[] = [
  { mode: "a worker per call", "in flight": 50 },
  { mode: "event loop", "in flight": 1_000 },
  { mode: "event loop", "in flight": 10_000 },
];

/** Returns the README with a table of the report between the comments. */
export function insertFigures(readme: string, report: Report): string {
  const modes = findTable(report, "modes", "Modes");
  const rows = MODES.map((cells) => {
    const row = findRow(modes, cells);
    return {
      mode: row.mode,
      "calls in flight": row["in flight"],
      "wall s": row["wall s"],
      "ideal s": row["ideal s"],
      "KB per call": row["KB per call in flight"],
    };
  });
  const layers = findTable(report, "layers", "Layers");
  const cpu = (client: string) => cellText(findRow(layers, { client })["CPU µs per call"]);
  return insertBetween(readme, MARKS, [
    markdownRows({ title: modes.title, rows }),
    `CPU per call, when the server takes no time: ${cpu("Shoal, openai()")} µs with Shoal, ` +
    `${cpu("bare SDK + p-limit")} µs with the OpenAI SDK and \`p-limit\`, ` +
    `${cpu("bare fetch + pool")} µs with a bare \`fetch\`. ` +
    `(Medians of ${report.times}; ${machineLine(report.machine)}; compare the ratios.)`,
  ]);
}

/** Returns the guide with all tables of the reports between the comments. */
export function insertReports(guide: string, reports: ReadonlyMap<string, Report>): string {
  return insertBetween(guide, MARKS, guideFigures(reports));
}

async function update(path: string, insert: (text: string) => string): Promise<void> {
  const file = new URL(`../${path}`, import.meta.url);
  await Deno.writeTextFile(file, insert(await Deno.readTextFile(file)));
  await new Deno.Command("deno", { args: ["fmt", "--quiet", fileURLToPath(file)] }).output();
}

if (import.meta.main) {
  const folder = new URL("./results/", import.meta.url);
  const reports = await readReports(folder, GROUPS.map(({ file }) => file));
  const latest = reports.get("latest");
  if (latest === undefined) {
    throw new Error("Cannot write the figures as there are none: run deno task bench");
  }
  await update("README.md", (text) => insertFigures(text, latest));
  await update("docs/benchmarks.md", (text) => insertReports(text, reports));
}
