import type { Issue } from "../model/errors.ts";

/** The issues in few words, for the model to read: no more than it can mend at once. */
export function formatIssues(issues: readonly Issue[]): string {
  const lines = issues.slice(0, MOST_ISSUES).map(({ message, path = [] }) => {
    const where = path.length === 0 ? "" : `at ${path.map(String).join(".")}: `;
    return `- ${where}${message}`.slice(0, LONGEST_LINE);
  });
  const left = issues.length - lines.length;
  return [...lines, ...left > 0 ? [`- and ${left} more`] : []].join("\n");
}

const MOST_ISSUES = 10;
const LONGEST_LINE = 300;
