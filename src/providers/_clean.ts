/** What a server or a connection says of its failure, fit to be shown. */

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

/** Why there was no connection. Deno says only "fetch failed", and the reason in the cause, behind a URL that may have a key in it. */
export function reasonOf(error: Error): string {
  const told = error.cause instanceof Error ? error.cause.message : error.message;
  return told.replace(/^error sending request .*?: (?=client error)/, "");
}
