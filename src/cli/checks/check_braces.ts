import { CliError } from "../cli_error.ts";

/** A pair of braces that stand for one, or a brace. */
const BRACE = /\{\{|[{}]/g;
/** The text after an open brace that is shown. */
const MAX_SHOWN = 20;

/**
 * Checks that each `{` of a template is closed: one before a word is a misspelt placeholder.
 *
 * @returns A warning about another `{` that is not closed, if there is one.
 * @throws {CliError} If a placeholder is not closed.
 */
export function checkBraces(template: string): string | undefined {
  const open: { readonly brace: string; readonly at: number }[] = [];
  let end = 0;
  for (const { 0: brace, index } of template.matchAll(BRACE)) {
    if (index < end) continue;
    end = index + brace.length;
    if (brace !== "}") open.push({ brace, at: index });
    else if (open.at(-1)?.brace === "{{" && template[end] === "}") {
      open.pop();
      end++;
    } else if (open.at(-1)?.brace === "{") open.pop();
  }
  const single = open.filter(({ brace }) => brace === "{").map(({ at }) => at);
  const placeholder = single.find((at) => /^\{[\p{L}_]/u.test(template.slice(at, at + 3)));
  const at = placeholder ?? single[0];
  if (at === undefined) return undefined;
  const rest = template.slice(at).split("\n")[0]!;
  const shown = rest.length > MAX_SHOWN ? `${rest.slice(0, MAX_SHOWN)}…` : rest;
  const lines = template.slice(0, at).split("\n");
  const place = `line ${lines.length}, column ${lines.at(-1)!.length + 1}`;
  if (placeholder === undefined) {
    return `the "{" at ${place} of the --prompt is not closed, and is sent as it is: "${shown}"`;
  }
  throw new CliError(
    `Cannot use the --prompt as the "{" at ${place} is not closed: "${shown}". ` +
      "Write {column} where the text of a column belongs",
  );
}
