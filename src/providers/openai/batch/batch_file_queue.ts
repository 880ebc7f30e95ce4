/** Collects the requests of the next file of one model, within the limits of a file. */
import { Buffer } from "node:buffer";

/** A line of a file, with its size. */
interface FileLine {
  readonly text: string;
  readonly bytes: number;
}

/** The limits of a file. */
export interface FileLimits {
  /** The maximum number of lines. */
  readonly size: number;
  /** The maximum size in bytes. */
  readonly maxBytes: number;
}

/** The lines of a file that is not sent yet, by the id of their request. */
export class BatchFileQueue {
  readonly #lines = new Map<string, FileLine>();
  readonly #limits: FileLimits;
  #bytes = 0;

  constructor(limits: FileLimits) {
    this.#limits = limits;
  }

  /** The ids of the requests. */
  get ids(): readonly string[] {
    return [...this.#lines.keys()];
  }

  /** Whether no other line fits, as there are as many as a file may have. */
  get isFull(): boolean {
    return this.#lines.size >= this.#limits.size;
  }

  /** Whether a line fits: a file may be empty only if its first line is too large itself. */
  hasRoomFor(line: string): boolean {
    return !this.isFull && this.#bytes + sizeOf(line) <= this.#limits.maxBytes;
  }

  /** Adds a line. */
  add(id: string, text: string): void {
    const bytes = sizeOf(text);
    this.#lines.set(id, { text, bytes });
    this.#bytes += bytes;
  }

  /** Removes the line of a request, if there is one. */
  remove(id: string): void {
    this.#bytes -= this.#lines.get(id)?.bytes ?? 0;
    this.#lines.delete(id);
  }

  /** Returns the lines as the content of a file. */
  content(): string[] {
    return [...this.#lines.values()].map(({ text }) => text + "\n");
  }
}

/** Returns the size of a line in a file, in bytes: most letters of the world take several. */
export function sizeOf(line: string): number {
  return Buffer.byteLength(line) + 1;
}
