import { EventSourceParserStream } from "eventsource-parser/stream";
import type { Target } from "./target.ts";
import { deltaText } from "./delta_text.ts";

/** Streams to read, all at once. */
export interface StreamsTask extends Target {
  /** The number of clients, with one stream each. */
  readonly clients: number;
  /** The text that the deltas of each stream must add up to. */
  readonly text: string;
}

/** How streams ended. */
export interface StreamsResult {
  /** Clients that received the whole text. */
  readonly completed: number;
  /** Clients that did not. */
  readonly failed: number;
  /** The number of deltas of all streams. */
  readonly deltas: number;
  /** Milliseconds from the first request until every stream was open or had ended. */
  readonly openMs: number;
}

/** Reports that every client has received its first delta, or never will. */
export interface AllOpen {
  /** The number of clients that have received one. */
  readonly open: number;
}

/** Reads the streams, and calls `onOpen` when all are open. */
export async function readStreams(
  { url, headers, body, clients, text }: StreamsTask,
  onOpen: (all: AllOpen) => void,
): Promise<StreamsResult> {
  const startedAt = performance.now();
  let openMs = NaN;
  let open = 0;
  let settled = 0;
  let deltas = 0;
  let completed = 0;
  let errors = 0;
  const settle = (): void => {
    if (++settled < clients) return;
    openMs = performance.now() - startedAt;
    onOpen({ open });
  };

  const readStream = async (): Promise<void> => {
    let received = "";
    let isOpen = false;
    try {
      const response = await fetch(url, { method: "POST", headers, body });
      if (!response.ok || response.body === null) {
        await response.body?.cancel();
        throw new Error(`status ${response.status}`);
      }
      const events = response.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const event of events) {
        const delta = deltaText(event);
        if (delta === undefined) continue;
        if (!isOpen) {
          isOpen = true;
          open++;
          settle();
        }
        deltas++;
        received += delta;
      }
    } catch (error) {
      // The first error is enough to see what is wrong.
      if (errors++ === 0) console.error(error);
    }
    if (!isOpen) settle();
    if (received === text) completed++;
  };
  await Promise.all(Array.from({ length: clients }, readStream));
  return { completed, failed: clients - completed, deltas, openMs };
}
