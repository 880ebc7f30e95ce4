import { EventSourceParserStream } from "eventsource-parser/stream";
import type { Target } from "./target.ts";
import { deltaText } from "./delta_text.ts";

/** Streams to be read, all at once. */
export interface StreamsTask extends Target {
  /** How many clients. */
  readonly clients: number;
  /** What the deltas of each must make together. */
  readonly text: string;
}

/** What came of them. */
export interface StreamsResult {
  /** Clients whose text was whole at the end. */
  readonly completed: number;
  /** The others. */
  readonly failed: number;
  /** Deltas of all. */
  readonly deltas: number;
  /** How long it took from the first request until each had a delta, in milliseconds. */
  readonly openMs: number;
}

/** Says that all have their first delta, or will have none. */
export interface AllOpen {
  /** How many have one. */
  readonly open: number;
}

/** Reads the streams; `tell` is told when all are open. */
export async function readStreams(
  { url, headers, body, clients, text }: StreamsTask,
  tell: (what: AllOpen) => void,
): Promise<StreamsResult> {
  const began = performance.now();
  let openMs = NaN;
  let open = 0;
  let known = 0;
  let deltas = 0;
  let completed = 0;
  let errors = 0;
  const know = (isOpen: boolean): void => {
    if (isOpen) open++;
    if (++known < clients) return;
    openMs = performance.now() - began;
    tell({ open });
  };

  const client = async (): Promise<void> => {
    let said = "";
    let isKnown = false;
    try {
      const answer = await fetch(url, { method: "POST", headers, body });
      if (!answer.ok || answer.body === null) {
        await answer.body?.cancel();
        throw new Error(`status ${answer.status}`);
      }
      const read = answer.body
        .pipeThrough(new TextDecoderStream())
        .pipeThrough(new EventSourceParserStream());
      for await (const event of read) {
        const delta = deltaText(event);
        if (delta === undefined) continue;
        if (!isKnown) know(isKnown = true);
        deltas++;
        said += delta;
      }
    } catch (error) {
      // Whoever runs it by hand sees why.
      if (errors++ === 0) console.error(error);
    }
    if (!isKnown) know(false);
    if (said === text) completed++;
  };
  await Promise.all(Array.from({ length: clients }, client));
  return { completed, failed: clients - completed, deltas, openMs };
}
