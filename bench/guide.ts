/** Renders the reports for the guide of benchmarks. */
import { isMet } from "./report/goal.ts";
import { machineLine } from "./report/machine.ts";
import { markdownRows } from "./report/markdown_table.ts";
import { allGoals, type Report } from "./report/report.ts";
import type { Row, Table } from "./report/table.ts";

/** Where the charts and the reports are, from the guide. */
const RESULTS = "../bench/results";

/** Returns the paragraphs: a section for each report, by the names of their files. */
export function guideFigures(reports: ReadonlyMap<string, Report>): readonly string[] {
  return [...reports].flatMap(([file, report]) => {
    const { command, machine, times, parts } = report;
    const goals = allGoals(report);
    const met = goals.length === 0
      ? ""
      : ` It meets ${goals.filter(isMet).length} of ${goals.length} goals.`;
    return [
      `## \`${command}\``,
      `Medians of ${times} on ${
        machineLine(machine)
      }.${met} [The whole report](${RESULTS}/${file}.md)`,
      ...Object.values(parts).flat().flatMap(({ table, charts = [] }) => [
        `### ${table.title}`,
        markdownRows(withAllColumns(table)),
        ...(table.notes?.length ? [table.notes.map((note) => `- ${note}`).join("\n")] : []),
        ...charts.map(({ name, title }) => `![${title}](${RESULTS}/${name}.svg)`),
      ]),
    ];
  });
}

/** Returns the table with the columns of all rows: a report in JSON lacks cells without a value. */
function withAllColumns(table: Table): Table {
  const byLength = table.rows.toSorted((a, b) => Object.keys(b).length - Object.keys(a).length);
  const columns = new Set(byLength.flatMap((row) => Object.keys(row)));
  const rows = table.rows.map((row): Row =>
    Object.fromEntries([...columns].map((column) => [column, row[column]]))
  );
  return { ...table, rows };
}
