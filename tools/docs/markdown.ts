/** Writes Markdown. */

/** Returns a table. The cells are Markdown. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(escapeCell).join(" | ")} |`).join("\n");
}

function escapeCell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll(/(?<!\\)\|/g, "\\|");
}

/** Returns the first paragraph of a doc. */
export function firstParagraph(doc: string): string {
  return doc.split(/\n\s*\n/, 1)[0]!.replaceAll(/\s*\n\s*/g, " ");
}

/**
 * Replaces `{@linkcode Name}` and `{@link URL text}` in a doc.
 *
 * @param link Returns the code of a name, with a link if there is a page of it.
 */
export function resolveLinks(doc: string, link: (name: string) => string): string {
  return doc
    .replaceAll(
      /\{@link\s+(https?:[^\s}|]+)[\s|]*([^}]*)\}/g,
      (_, url, text) => text.trim() === "" ? `<${url}>` : `[${text.trim()}](${url})`,
    )
    .replaceAll(/\{@link(?:code|plain)?\s+([\w.]+)\s*[^}]*\}/g, (_, name) => link(name));
}

/** Returns the anchor of a heading, as GitHub, JSR and npm make it. */
export function anchorOf(heading: string): string {
  return heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, "").replaceAll(/\s/g, "-");
}

/** Returns the relative link from a page to a path, which may have an anchor. */
export function linkBetween(from: string, to: string): string {
  const [path, anchor] = to.split("#");
  if (path === from && anchor !== undefined) return `#${anchor}`;
  const folders = from.split("/").slice(0, -1);
  const target = path!.split("/");
  let same = 0;
  while (folders[same] !== undefined && folders[same] === target[same]) same++;
  const up = folders.length - same;
  const link = (up === 0 ? "./" : "../".repeat(up)) + target.slice(same).join("/");
  return anchor === undefined ? link : `${link}#${anchor}`;
}
