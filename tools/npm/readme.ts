/** Makes a Markdown file of the repository fit to be read elsewhere. */

/** Where relative links lead. */
export interface LinkTarget {
  /** The URL of the files, which relative links are appended to. */
  readonly files: string;
  /** The URL of the pictures; pictures are removed if it is absent. */
  readonly pictures?: string;
  /** Whether a file has a URL. Other links become text. */
  has(path: string): boolean;
}

/** Replaces relative links and pictures, which lead nowhere on the page of a package. */
export function withAbsoluteLinks(markdown: string, { files, pictures, has }: LinkTarget): string {
  return markdown
    .replace(
      /^!\[([^\]]*)\]\((?!https?:)([^)]*)\)\n\n?/gm,
      (_, text: string, path: string) =>
        pictures === undefined ? "" : `![${text}](${pictures}${path})\n\n`,
    )
    .replace(
      /(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)]+)\)/g,
      (_, text: string, target: string) =>
        has(target.split("#")[0]!) ? `[${text}](${files}${target})` : text,
    );
}
