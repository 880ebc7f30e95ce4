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
    const now = performance.now();
    let bytes = 0;
    for (const [id, stream] of this.#streams) {
      if ((stream.idleFor(now) ?? 0) > this.#grace) this.#streams.delete(id);
      else bytes += stream.bytes;
    }
    for (const [id, stream] of this.#streams) {
      if (bytes <= this.#maxBytes) break;
      if (stream.idleFor(now) === undefined) continue;
      this.#streams.delete(id);
      bytes -= stream.bytes;
    }
  }

  /** Removes all streams. */
  clear(): void {
    this.#streams.clear();
  }
}
