import { Buffer } from "node:buffer";
import { stat } from "node:fs/promises";
import { openInput } from "./open_input.ts";

const LF = 10;
const CR = 13;
const QUOTE = 34;

/** Options of {@linkcode countLines}. */
export interface CountOptions {
  /** The text between two fields of CSV. If absent, quotes have no meaning. */
  readonly delimiter?: string;
  /** The encoding of the file. */
  readonly encoding?: string;
}

/**
 * Counts the lines of a file that are not empty. Line breaks within quoted fields of CSV do not
 * count. Returns `undefined` if the input can be read only once, or if the signal aborts.
 *
 * @param signal Stops the count.
 */
export async function countLines(
  path: string,
  signal: AbortSignal,
  { delimiter, encoding }: CountOptions = {},
): Promise<number | undefined> {
  if (path === "-" || !(await stat(path)).isFile()) return undefined;
  const counter = new LineCounter(delimiter);
  for await (const chunk of await openInput(path, { encoding })) {
    if (signal.aborted) return undefined;
    counter.add(chunk);
  }
  return counter.end();
}

class LineCounter {
  #lines = 0;
  /** The length of the line that began in an earlier chunk, without a carriage return. */
  #length = 0;
  #isQuoted = false;
  /** Whether the next byte begins a field: only there a quote opens one. */
  #isFieldStart = true;
  readonly #delimiter: number | undefined;

  constructor(delimiter: string | undefined) {
    this.#delimiter = delimiter === undefined ? undefined : Buffer.from(delimiter).at(-1);
  }

  add(chunk: Uint8Array): void {
    // Files of old Macs end their lines with carriage returns alone.
    const lineBreak = chunk.includes(LF) || !chunk.includes(CR) ? LF : CR;
    if (this.#delimiter !== undefined && (this.#isQuoted || chunk.includes(QUOTE))) {
      this.#addQuoted(chunk, lineBreak);
    } else this.#addPlain(chunk, lineBreak);
  }

  end(): number {
    return this.#length > 0 ? this.#lines + 1 : this.#lines;
  }

  #addPlain(chunk: Uint8Array, lineBreak: number): void {
    let start = 0;
    for (let end = chunk.indexOf(lineBreak); end >= 0; end = chunk.indexOf(lineBreak, start)) {
      this.#length += lengthOf(chunk, start, end);
      this.#endLine();
      start = end + 1;
    }
    this.#length += lengthOf(chunk, start, chunk.length);
    const last = chunk.at(-1);
    this.#isFieldStart = last === lineBreak || last === this.#delimiter;
  }

  #addQuoted(chunk: Uint8Array, lineBreak: number): void {
    for (const byte of chunk) {
      if (this.#isQuoted) {
        // The second quote of a pair opens the field again.
        if (byte === QUOTE) this.#isQuoted = false;
        this.#isFieldStart = byte === QUOTE;
      } else if (byte === QUOTE && this.#isFieldStart) {
        this.#isQuoted = true;
        this.#length++;
      } else if (byte === lineBreak) {
        this.#endLine();
        this.#isFieldStart = true;
      } else {
        if (byte !== CR) this.#length++;
        this.#isFieldStart = byte === this.#delimiter;
      }
    }
  }

  #endLine(): void {
    if (this.#length > 0) this.#lines++;
    this.#length = 0;
  }
}

function lengthOf(chunk: Uint8Array, start: number, end: number): number {
  return end - start === 1 && chunk[start] === CR ? 0 : end - start;
}
