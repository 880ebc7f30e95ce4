import { isMet } from "./goal.ts";
import { machineLine } from "./machine.ts";
import { markdownRows } from "./markdown_table.ts";
import { allGoals, type Report } from "./report.ts";

/** The file of the list of all reports, which the folder of the results shows. */
export const INDEX_FILE = "README.md";

/** Returns the list of all reports as Markdown. */
export function reportIndex(reports: ReadonlyMap<string, Report>): string {
  const rows = [...reports].map(([file, report]) => {
    const goals = allGoals(report);
    return {
      report: `[${file}](${file}.md)`,
      parts: Object.keys(report.parts).join(", "),
      command: `\`${report.command}\``,
      "goals met": goals.length === 0
        ? undefined
        : `${goals.filter(isMet).length} of ${goals.length}`,
      seconds: Math.round(report.seconds),
      machine: machineLine(report.machine),
    };
  });
  return `# Results of the bench\n\n${markdownRows({ title: "", rows })}\n`;
}
