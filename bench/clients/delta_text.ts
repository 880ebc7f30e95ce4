/** An event of a stream, as far as it matters here. */
export interface ServerSentEvent {
  readonly event?: string;
  readonly data: string;
}

/** The text that an event brings, if it brings any: an event named `delta` of Shoal, or one in the words of Chat Completions. */
export function deltaText({ event, data }: ServerSentEvent): string | undefined {
  if (event === "delta") return JSON.parse(data).text;
  if (event !== undefined || data === "[DONE]") return undefined;
  // The first event may only say who speaks.
  return JSON.parse(data).choices?.[0]?.delta?.content || undefined;
}
