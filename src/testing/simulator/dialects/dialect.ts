/** What differs between the APIs that a simulator serves. */
import type { CompleteAnswer } from "../answer.ts";
import type { SimulatorRequest } from "../request_types.ts";

/** How to format an answer. */
export interface FormatOptions {
  /** Whether the answer has no choices or output. */
  readonly isEmpty: boolean;
}

/** How to format a streamed answer. */
export interface StreamOptions extends FormatOptions {
  /** The number of tokens in each delta. */
  readonly chunkSize: number;
}

/** Formats answers for one API. */
export interface Dialect {
  /** Returns the body of a plain answer. */
  json(request: SimulatorRequest, answer: CompleteAnswer, options: FormatOptions): string;
  /** Returns the events of a streamed answer. */
  events(
    request: SimulatorRequest,
    answer: CompleteAnswer,
    options: StreamOptions,
  ): StreamEvents;
  /** The event of an error in the middle of a stream. */
  errorEvent: string;
  /** The body of an error that has status 200. */
  errorBody: string;
}

/** The events of a streamed answer: one entry for each delta, and the last events. */
export interface StreamEvents {
  deltas: string[];
  closing: string;
}

/** Splits a text into parts of `size` tokens, never within a surrogate pair. */
export function splitText(text: string, size: number): string[] {
  const cut: string[] = [];
  for (let start = 0; start < text.length;) {
    let end = start + size * 4;
    const last = text.charCodeAt(end - 1);
    if (last >= 0xd800 && last < 0xdc00) end++;
    cut.push(text.slice(start, end));
    start = end;
  }
  return cut;
}
