import { TooLargeError } from "../http/bounds/answer_limits.ts";
import { isRecord } from "../../model/check_options.ts";

/** Counts the characters and bytes of an answer's parts. */
export class PartCounter {
  readonly #maxBytes: number;
  #size = 0;

  /** Creates a counter for an answer of at most `maxBytes`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /**
   * Adds all parts of a complete answer.
   *
   * @throws {TooLargeError} If the answer is larger than allowed.
   */
  addAll(parts: unknown): void {
    if (Array.isArray(parts)) { for (const part of parts) this.add(part); }
  }

  /**
   * Adds a part: a complete one, or a delta.
   *
   * @throws {TooLargeError} If the answer is larger than allowed.
   */
  add(part: unknown): void {
    if (!isRecord(part) || part.type === "raw") return;
    for (const member of [part.delta, part.text, part.input, part.data]) {
      if (typeof member === "string" || member instanceof Uint8Array) this.#size += member.length;
    }
    if (this.#size > this.#maxBytes) throw new TooLargeError(this.#maxBytes);
  }
}
