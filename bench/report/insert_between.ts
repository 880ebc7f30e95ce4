/** The comments between which a tool writes into a document. */
export interface Marks {
  readonly begin: string;
  readonly end: string;
}

/**
 * Returns the document with these paragraphs between the comments, in place of the old ones.
 *
 * @throws {Error} If the document lacks the comments.
 */
export function insertBetween(
  document: string,
  { begin, end }: Marks,
  paragraphs: readonly string[],
): string {
  const [before, after] = [document.indexOf(begin), document.indexOf(end)];
  if (before < 0 || after < before) {
    throw new Error(
      `Cannot write the figures as the file must have the comments ${begin} and ${end}`,
    );
  }
  return [document.slice(0, before) + begin, ...paragraphs, document.slice(after)].join("\n\n");
}
