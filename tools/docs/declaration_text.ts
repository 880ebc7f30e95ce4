/** Cuts declarations out of sources, as they are written there. */

const OPENING = "([{";
const CLOSING = ")]}";
const QUOTES = "\"'`";

/**
 * Returns the declaration that starts at an index, without its body and its closing semicolon.
 *
 * @param hasBody Whether it has a body in braces: of a function, a class or an interface.
 */
export function declarationText(source: string, start: number, hasBody: boolean): string {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const char = source[i]!;
    if (QUOTES.includes(char)) i = endOfText(source, i);
    else if (source.startsWith("/*", i)) i = source.indexOf("*/", i) + 1;
    else if (source.startsWith("//", i)) i = source.indexOf("\n", i);
    else if (depth === 0 && char === ";") return source.slice(start, i).trimEnd();
    else if (depth === 0 && char === "{" && hasBody && opensBody(source.slice(start, i))) {
      return source.slice(start, i).trimEnd();
    } else if (OPENING.includes(char)) depth++;
    else if (CLOSING.includes(char) && --depth < 0) return source.slice(start, i).trimEnd();
  }
  return source.slice(start).trimEnd();
}

/** Whether a brace after this text opens a body: braces of types follow an operator. */
function opensBody(before: string): boolean {
  return !/(?:[:|&<,=]|\bextends|\bis)\s*$/.test(before);
}

function endOfText(source: string, start: number): number {
  for (let i = start + 1; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === source[start]) return i;
  }
  return source.length;
}
