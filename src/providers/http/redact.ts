const MAX_LENGTH = 300;
/** The maximum length of a message that is searched for keys, in characters. */
const MAX_READ = 4_000;

/** The minimum length of a key that is redacted. A shorter one may be part of any word. */
export const MIN_KEY_LENGTH = 8;

/** Cuts a message at a maximum length, before the last word: a part of a key must not remain. */
export function cutMessage(message: string, max: number): string {
  if (message.length <= max) return message;
  const cut = message.slice(0, max);
  return cut.slice(0, cut.search(/\s\S*$/) + 1) + "…";
}

/**
 * Redacts API keys in a server's error message, and truncates the message to 300 characters: a
 * server may echo the prompt.
 */
export function redact(message: string, keys: readonly string[]): string {
  // The expressions take more than linear time.
  let text = cutMessage(message, MAX_READ);
  for (const key of keys) {
    if (key.length >= MIN_KEY_LENGTH) text = text.replaceAll(key, "[key]");
  }
  // OpenAI echoes invalid keys with asterisks in the middle. A word such as "key-value" is no key.
  text = text.replaceAll(/\b(?:[sp]k-|key-(?=[\w*.-]*[\d*]))[\w*.-]{5,}/g, "[key]")
    .replaceAll(/Bearer \S+/gi, "Bearer [key]");
  return text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) + "…" : text;
}
