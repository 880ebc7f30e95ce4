/** A server-sent event, as the parser returns it. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly data: string;
}

/**
 * Returns the text of an event, or `undefined` if it has none. Reads the `delta` events of Shoal
 * and the chunks of Chat Completions.
 */
export function deltaText({ event, data }: ServerSentEvent): string | undefined {
  if (event === "delta") return JSON.parse(data).text;
  if (event !== undefined || data === "[DONE]") return undefined;
  // The first chunk may hold only the role.
  return JSON.parse(data).choices?.[0]?.delta?.content || undefined;
}
