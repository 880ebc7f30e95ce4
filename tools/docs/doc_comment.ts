/** Reads doc comments out of sources: `deno doc --json` cuts some defaults off at their braces. */

/** Returns the text of the doc comment that ends right before an index; `""` if there is none. */
export function docComment(source: string, index: number): string {
  const before = source.slice(0, index).trimEnd();
  if (!before.endsWith("*/")) return "";
  const start = before.lastIndexOf("/**");
  return before.slice(start + 3, -2).replaceAll(/^[ \t]*\* ?/gm, "").trim();
}

/**
 * Returns the default in a doc comment as Markdown: `@default {8}, or more` is "`8`, or more".
 * `undefined` if there is none.
 */
export function defaultOf(comment: string): string | undefined {
  const text = /^@default\s+([\s\S]*?)(?=\n@|(?![\s\S]))/m.exec(comment)?.[1]?.trim();
  if (text === undefined) return undefined;
  const flat = text.replaceAll(/\s*\n\s*/g, " ");
  if (!flat.startsWith("{")) return flat;
  let depth = 0;
  for (let i = 0; i < flat.length; i++) {
    if (flat[i] === "{") depth++;
    if (flat[i] === "}" && --depth === 0) {
      return `\`${flat.slice(1, i).trim()}\`${flat.slice(i + 1)}`;
    }
  }
  throw new Error(`a default has no closing brace: ${flat}`);
}
