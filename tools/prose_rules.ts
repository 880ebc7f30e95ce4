/** The rules of `tools/prose.ts`: lines of code, comments and Markdown that are hard to read. */

/** The maximum width of a line, as the formatter is set. */
export const MAX_WIDTH = 100;

/** A line that breaks a rule. */
export interface Problem {
  /** The number of the line, from 1. */
  readonly line: number;
  /** What is wrong, and what to write instead. */
  readonly message: string;
}

/** Patterns of comments and texts, with what to write instead. */
const PATTERNS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [
    /^(Is|Are|Has|Have|Was|Were|Does|Do|Did|May|Can|Must|Should|Will)\b[^.]*\?/,
    'a question: write "Whether …"',
  ],
  [
    /\bso (many|much|long|often|few|far)\b(?! (as|that)\b)/i,
    'a vague quantity: write "N", "up to N" or "until"',
  ],
  [
    /\btells? (of|how|what|who|whether|when|it|them|the)\b/i,
    'write "report", "return", "notify" or "emit" instead of "tell"',
  ],
  [
    /\btold (of|by|how|what|who|whether|when|in|to)\b|\b(is|are|be) told\b/i,
    'write "report", "return", "notify" or "emit" instead of "tell"',
  ],
  [
    /\b(whoever|somebody|nobody|those who|one who|whose turn)\b/i,
    'name the caller, client or user instead of "who"',
  ],
  [
    /\bwho (is|waits|comes|has|asks|calls|makes|wants|reads|left|holds)\b/i,
    'name the caller, client or user instead of "who"',
  ],
  [
    /\bwhat (comes|came|becomes|is made) (of|to)\b|\bcomes? of it\b|\bmakes? of (it|them)\b/i,
    "name the outcome",
  ],
  [/^Gives\b|@returns What\b/, 'write "Returns …"'],
  [
    /\b(anew|let be|bears?|bore|borne|thereof|of its own accord)\b/i,
    "use the plain word of the field",
  ],
  [/\bmostly (there|one|it|they|all|what)\b/i, 'write "usually"'],
];

/** Returns the text of a comment on this line of code, or `undefined` if there is none. */
function commentOf(line: string): string | undefined {
  const own = /^\s*(?:\/\*\*?|\*(?!\/)|\/\/)\s?(.*?)(?:\s*\*\/)?$/.exec(line);
  if (own !== null) return own[1];
  return / \/\/ (.*)$/.exec(line)?.[1];
}

/** Checks the prose of one text of Markdown. Code blocks and tables are skipped. */
export function checkMarkdown(text: string): Problem[] {
  const problems: Problem[] = [];
  let code = false;
  for (const [i, line] of text.split("\n").entries()) {
    if (line.startsWith("```")) code = !code;
    if (!code && !line.startsWith("|")) problems.push(...checkProse(line.trim(), i + 1));
  }
  return problems;
}

/**
 * Checks the width of the lines of a source file, and the prose of its comments.
 *
 * @param width Which lines must not be too wide: all, or those with comments. Tests hold titles and
 * messages that the formatter cannot wrap.
 */
export function checkSource(text: string, width: "all" | "comments" = "all"): Problem[] {
  const problems: Problem[] = [];
  for (const [i, line] of text.split("\n").entries()) {
    const comment = commentOf(line);
    const isChecked = width === "all" || comment !== undefined;
    if (isChecked && line.length > MAX_WIDTH && !/https?:\/\/\S{40}/.test(line)) {
      problems.push({ line: i + 1, message: `${line.length} columns: wrap at ${MAX_WIDTH}` });
    }
    if (comment !== undefined) problems.push(...checkProse(comment, i + 1));
  }
  return problems;
}

function checkProse(text: string, line: number): Problem[] {
  return PATTERNS
    .filter(([pattern]) => pattern.test(text))
    .map(([pattern, message]) => ({ line, message: `"${pattern.exec(text)![0]}": ${message}` }));
}
