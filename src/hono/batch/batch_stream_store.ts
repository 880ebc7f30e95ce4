import type { BatchStream } from "./batch_stream.ts";
import type { ResolvedLimits } from "../limits.ts";

/**
 * Keeps batch streams that can be resumed, bounded in time and memory. There is no timer: every
 * request calls `sweep`.
 */
export class BatchStreamStore {
  readonly #streams = new Map<string, BatchStream>();
  readonly #grace: number;
  readonly #maxBytes: number;

  /** Creates an empty store. */
  constructor({ resumeGrace, resumeBytes }: ResolvedLimits) {
    this.#grace = resumeGrace;
    this.#maxBytes = resumeBytes;
  }

  /** The number of streams. */
  get size(): number {
    return this.#streams.size;
  }

  /** How many bytes one batch may keep, so that it does not displace all others. */
  get maxBytesPerBatch(): number {
    return this.#grace === 0 ? 0 : this.#maxBytes / 8;
  }

  /** Adds a stream. */
  add(stream: BatchStream): void {
    if (this.#grace > 0) this.#streams.set(stream.run.id, stream);
  }

  /** Returns the stream with this ID, if it is kept and belongs to this caller. */
  find(id: string, principal: string): BatchStream | undefined {
    const stream = this.#streams.get(id);
    return stream?.principal === principal ? stream : undefined;
  }

  /** Removes expired streams, and the oldest above the byte limit; never those with a client. */
  sweep(): void {
    if (this.#streams.size === 0) return;
    const expiry = performance.now() - this.#grace;
    let bytes = 0;
    for (const [id, { leftAt, bytes: own }] of this.#streams) {
      if (leftAt !== undefined && leftAt < expiry) this.#streams.delete(id);
      else bytes += own;
    }
    for (const [id, { leftAt, bytes: own }] of this.#streams) {
      if (bytes <= this.#maxBytes) break;
      if (leftAt === undefined) continue;
      this.#streams.delete(id);
      bytes -= own;
    }
  }

  /** Removes all streams. */
  clear(): void {
    this.#streams.clear();
  }
}
