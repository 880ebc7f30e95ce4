/** The files of `bench/results/`: what the last whole run found. */
import type { Finding } from "../part.ts";
import { svgOf } from "./chart.ts";
import { type Goal, goalTable } from "./goal.ts";
import { type Machine, machineLine } from "./machine.ts";
import { markdownTable } from "./markdown.ts";

/** A whole run. */
export interface Report {
  /** What was run, such as `deno task bench`. */
  readonly command: string;
  readonly machine: Machine;
  /** How often each case was run. */
  readonly times: number;
  /** How long it took. */
  readonly seconds: number;
  /** The findings by part. */
  readonly parts: Readonly<Record<string, readonly Finding[]>>;
}

/** All goals of a run. */
export function goalsOf({ parts }: Pick<Report, "parts">): Goal[] {
  return Object.values(parts).flat().flatMap(({ goals = [] }) => goals);
}

/** Writes the report as `NAME.json` and `NAME.md`, and a file for each chart. */
export async function writeReport(report: Report, folder: URL, file: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const write = (name: string, text: string): Promise<void> =>
    Deno.writeTextFile(new URL(name, folder), text);
  await write(`${file}.json`, JSON.stringify(report, null, 2) + "\n");
  await write(`${file}.md`, markdownOf(report));
  for (const { charts = [] } of Object.values(report.parts).flat()) {
    for (const chart of charts) await write(`${chart.name}.svg`, svgOf(chart));
  }
}

/** The whole report as Markdown. */
export function markdownOf(report: Report): string {
  const { command, machine, times, seconds, parts } = report;
  const sections = Object.entries(parts).map(([name, findings]) => {
    const texts = findings.flatMap(({ table, charts = [] }) => [
      markdownTable(table),
      ...charts.map(({ name, title }) => `![${title}](${name}.svg)`),
    ]);
    return [`## ${name[0]!.toUpperCase()}${name.slice(1)}`, ...texts].join("\n\n");
  });
  return [
    `# What \`${command}\` found`,
    `${machineLine(machine)}. Medians of ${times}, in ${
      Math.round(seconds)
    } s. Read the ratios: other machines differ.`,
    markdownTable(goalTable(goalsOf(report))).replace("###", "##"),
    ...sections,
  ].join("\n\n") + "\n";
}
