/** What a server says of its failure, fit to be shown. */

const LONGEST_MESSAGE = 300;

/** Without keys, and not too long: a server may echo the prompt. */
export function clean(message: string, keys: readonly string[]): string {
  let text = message;
  for (const key of keys) if (key !== "") text = text.replaceAll(key, "[key]");
  // OpenAI echoes wrong keys with stars in their middle.
  text = text.replaceAll(/\b(sk|pk|key)-[\w*.-]{3,}/g, "[key]").replaceAll(
    /Bearer \S+/gi,
    "Bearer [key]",
  );
  return text.length > LONGEST_MESSAGE ? text.slice(0, LONGEST_MESSAGE) + "…" : text;
}
