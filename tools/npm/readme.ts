/** Makes a Markdown file of the repository fit to be read elsewhere. */

/**
 * Replaces relative links, which lead nowhere on the page of a package: links to published files
 * lead to JSR, other links become text, and pictures are removed.
 *
 * @param base The URL of the published files.
 * @param published The files and folders that are published.
 */
export function withAbsoluteLinks(
  markdown: string,
  base: string,
  published: readonly string[],
): string {
  return markdown
    .replace(/^!\[[^\]]*\]\((?!https?:)[^)]*\)\n\n?/gm, "")
    .replace(/\[([^\]]+)\]\((?!https?:|#)([^)]+)\)/g, (_, text: string, target: string) => {
      const [path] = target.split("#");
      const isPublished = published.some((one) => path === one || path!.startsWith(`${one}/`));
      return isPublished ? `[${text}](${base}${target})` : text;
    });
}
