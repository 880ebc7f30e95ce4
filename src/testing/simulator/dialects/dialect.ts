/**
 * What differs between the languages that a simulator speaks.
 */
import type { CompleteAnswer } from "../answer.ts";
import type { SimulatorRequest } from "../request_types.ts";

/** How a language puts an answer. */
export interface Dialect {
  /** The body of a plain answer; `empty` if there is to be nothing in it. */
  json(request: SimulatorRequest, answer: CompleteAnswer, empty: boolean): string;
  /** The events of a streamed answer, with so many tokens in each delta. */
  events(
    request: SimulatorRequest,
    answer: CompleteAnswer,
    size: number,
    empty: boolean,
  ): StreamEvents;
  /** An error in the middle of a stream. */
  errorEvent: string;
  /** An error in the place of a plain answer with status 200. */
  errorBody: string;
}

/** A streamed answer: what opens it, the text piece by piece, and what closes it. */
export interface StreamEvents {
  deltas: string[];
  closing: string;
}

/** Cuts a text into pieces of so many tokens, never through a surrogate pair. */
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
