import type { ModelRequest } from "../../../model/message.ts";

/** The maximum size of lines that are compared with an error, in characters: it takes time. */
const MAX_SIZE = 20_000_000;

/**
 * Returns the messages in lines of a file, so that an error does not show them; `undefined` if they
 * are too many, so that an error must not show the server's words at all.
 */
export function messagesOf(
  lines: readonly string[],
): Pick<ModelRequest, "messages"> | undefined {
  if (lines.reduce((size, line) => size + line.length, 0) > MAX_SIZE) return undefined;
  const providerData = lines.map((line): unknown => JSON.parse(line).body?.messages);
  return { messages: [{ role: "user", content: "", providerData }] };
}
