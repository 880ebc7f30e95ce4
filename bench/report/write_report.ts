import { renderChart } from "./chart.ts";
import { goalTable } from "./goal.ts";
import { machineLine } from "./machine.ts";
import { INDEX_FILE, reportIndex } from "./report_index.ts";
import { markdownTable } from "./markdown_table.ts";
import { allGoals, type Report } from "./report.ts";

/**
 * Writes the report as `FILE.json` and `FILE.md`, each chart as SVG, and the list of all reports.
 *
 * @param files The file names of all groups, in the order of the list.
 */
export async function writeReport(
  report: Report,
  folder: URL,
  file: string,
  files: readonly string[],
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const write = (name: string, text: string): Promise<void> =>
    Deno.writeTextFile(new URL(name, folder), text);
  await write(`${file}.json`, JSON.stringify(report, null, 2) + "\n");
  await write(`${file}.md`, reportMarkdown(report));
  for (const { charts = [] } of Object.values(report.parts).flat()) {
    for (const chart of charts) await write(`${chart.name}.svg`, renderChart(chart));
  }
  await write(INDEX_FILE, reportIndex(await readReports(folder, files)));
}

/** Reads the existing reports, by file name. */
export async function readReports(
  folder: URL,
  files: readonly string[],
): Promise<Map<string, Report>> {
  const reports = new Map<string, Report>();
  for (const file of files) {
    try {
      reports.set(file, JSON.parse(await Deno.readTextFile(new URL(`${file}.json`, folder))));
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return reports;
}

/** Returns the whole report as Markdown. */
export function reportMarkdown(report: Report): string {
  const { command, machine, times, seconds, parts } = report;
  const sections = Object.entries(parts).map(([name, findings]) => {
    const texts = findings.flatMap(({ table, charts = [] }) => [
      markdownTable(table),
      ...charts.map(({ name, title }) => `![${title}](${name}.svg)`),
    ]);
    return [`## ${name[0]!.toUpperCase()}${name.slice(1)}`, ...texts].join("\n\n");
  });
  return [
    `# Results of \`${command}\``,
    `${machineLine(machine)}. Medians of ${times}, in ${
      Math.round(seconds)
    } s. Compare the ratios: absolute figures depend on the machine. [All reports](${INDEX_FILE})`,
    markdownTable(goalTable(allGoals(report))).replace("###", "##"),
    ...sections,
  ].join("\n\n") + "\n";
}
