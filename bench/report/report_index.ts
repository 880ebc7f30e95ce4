/** The list of all reports, which is what one sees who opens the folder of the results. */
import { isMet } from "./goal.ts";
import { machineLine } from "./machine.ts";
import { markdownRows } from "./markdown_table.ts";
import { allGoals, type Report } from "./report.ts";

/** What its file is called. */
export const INDEX_FILE = "README.md";

/** The list as Markdown: what was run, what of it was reached, and where it was. */
export function reportIndex(reports: ReadonlyMap<string, Report>): string {
  const rows = [...reports].map(([file, report]) => {
    const goals = allGoals(report);
    return {
      report: `[${file}](${file}.md)`,
      parts: Object.keys(report.parts).join(", "),
      command: `\`${report.command}\``,
      reached: goals.length === 0
        ? undefined
        : `${goals.filter(isMet).length} of ${goals.length}`,
      seconds: Math.round(report.seconds),
      machine: machineLine(report.machine),
    };
  });
  return `# What the bench found\n\n${markdownRows({ title: "", rows })}\n`;
}
