import type { BatchStream } from "./batch_stream.ts";
import type { ResolvedLimits } from "../limits.ts";

/**
 * The batch streams whose clients may come back. There is no timer: what is too old goes with the next request, whatever that is for,
 * and there is never more than so many bytes.
 */
export class BatchStreamStore {
  readonly #streams = new Map<string, BatchStream>();
  readonly #grace: number;
  readonly #bytes: number;

  /** An empty store. */
  constructor({ resumeGrace, resumeBytes }: ResolvedLimits) {
    this.#grace = resumeGrace;
    this.#bytes = resumeBytes;
  }

  /** How many there are. */
  get size(): number {
    return this.#streams.size;
  }

  /** The most that one batch keeps, in bytes: so one does not push all others out. */
  get maxBytesPerBatch(): number {
    return this.#grace === 0 ? 0 : this.#bytes / 8;
  }

  /** Keeps one. */
  add(stream: BatchStream): void {
    if (this.#grace > 0) this.#streams.set(stream.run.id, stream);
  }

  /** The stream of that id, if it is kept and belongs to this caller. */
  find(id: string, principal: string): BatchStream | undefined {
    const stream = this.#streams.get(id);
    return stream?.principal === principal ? stream : undefined;
  }

  /** Forgets what is too old, and the oldest of what is too much. Those that are being read stay. */
  sweep(): void {
    if (this.#streams.size === 0) return;
    const over = performance.now() - this.#grace;
    let bytes = 0;
    for (const [id, { leftAt, bytes: own }] of this.#streams) {
      if (leftAt !== undefined && leftAt < over) this.#streams.delete(id);
      else bytes += own;
    }
    for (const [id, { leftAt, bytes: own }] of this.#streams) {
      if (bytes <= this.#bytes) break;
      if (leftAt === undefined) continue;
      this.#streams.delete(id);
      bytes -= own;
    }
  }

  /** Forgets all. */
  clear(): void {
    this.#streams.clear();
  }
}
