const MAX_LENGTH = 300;

/**
 * Redacts API keys in a server's error message, and truncates the message to 300 characters: a
 * server may echo the prompt.
 */
export function redact(message: string, keys: readonly string[]): string {
  let text = message;
  for (const key of keys) if (key !== "") text = text.replaceAll(key, "[key]");
  // OpenAI echoes invalid keys with asterisks in the middle.
  text = text.replaceAll(/\b(sk|pk|key)-[\w*.-]{3,}/g, "[key]").replaceAll(
    /Bearer \S+/gi,
    "Bearer [key]",
  );
  return text.length > MAX_LENGTH ? text.slice(0, MAX_LENGTH) + "…" : text;
}
