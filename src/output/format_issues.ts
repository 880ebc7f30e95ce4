import type { Issue } from "../model/errors.ts";

/** The maximum number of issues: a model repairs no more at once. */
const MAX_ISSUES = 10;
/** The maximum length of a line, in characters. */
const MAX_LINE = 300;

/** Formats issues as a list for the model, one a line. */
export function formatIssues(issues: readonly Issue[]): string {
  const lines = issues.slice(0, MAX_ISSUES).map(({ message, path = [] }) => {
    const place = path.length === 0 ? "" : `at ${path.map(String).join(".")}: `;
    return `- ${place}${message}`.slice(0, MAX_LINE);
  });
  const left = issues.length - lines.length;
  return [...lines, ...left > 0 ? [`- and ${left} more`] : []].join("\n");
}
