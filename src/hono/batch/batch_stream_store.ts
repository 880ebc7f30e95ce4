import type { BatchStream, StreamKeeper } from "./batch_stream.ts";
import type { ResolvedLimits } from "../limits.ts";

/** The streams of one caller. */
interface Owned {
  /** How much memory they take, in bytes. */
  bytes: number;
  /** How many there are. */
  size: number;
  /** Those without a client, longest abandoned first. */
  readonly abandoned: Set<BatchStream>;
}

/**
 * Keeps batch streams that can be resumed, bounded in time and memory: in total and for each
 * caller. Above a bound, the longest abandoned stream is dropped first; a stream with a client
 * loses at most what is kept to resume it. There is no timer: every request calls `sweep`.
 */
export class BatchStreamStore implements StreamKeeper {
  readonly #streams = new Map<string, BatchStream>();
  readonly #owners = new Map<string, Owned>();
  /** When each stream without a client was abandoned, oldest first. */
  readonly #abandoned = new Map<BatchStream, number>();
  readonly #grace: number;
  readonly #maxBytes: number;
  readonly #maxOwnBytes: number;
  #bytes = 0;

  /** Creates an empty store. */
  constructor({ resumeGrace, resumeBytes, resumeShare }: ResolvedLimits) {
    this.#grace = resumeGrace;
    this.#maxBytes = resumeBytes;
    this.#maxOwnBytes = resumeBytes * resumeShare;
  }

  /** The number of streams. */
  get size(): number {
    return this.#streams.size;
  }

  /** How much memory all streams take, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * How many bytes of sent events one batch may keep, so that it does not displace all others of
   * its caller.
   */
  get maxBytesPerBatch(): number {
    return this.#grace === 0 ? 0 : this.#maxOwnBytes / 2;
  }

  /** Adds a stream. */
  add(stream: BatchStream): void {
    if (this.#grace === 0) return stream.forget();
    this.#streams.set(stream.run.id, stream);
    const owned = this.#ownedBy(stream);
    owned.size++;
    stream.keepBy(this);
    this.resized(stream, stream.bytes);
  }

  /** Returns the stream with this ID, if it is kept and belongs to this caller. */
  find(id: string, principal: string): BatchStream | undefined {
    const stream = this.#streams.get(id);
    return stream?.principal === principal ? stream : undefined;
  }

  /** Removes expired streams. */
  sweep(now: number = performance.now()): void {
    for (const [stream, leftAt] of this.#abandoned) {
      if (now - leftAt <= this.#grace) return;
      this.#drop(stream);
    }
  }

  /** Removes all streams. */
  clear(): void {
    for (const stream of [...this.#streams.values()]) this.#drop(stream);
  }

  /** Accounts for a change, and makes room if a bound is exceeded. */
  resized(stream: BatchStream, delta: number): void {
    const owned = this.#ownedBy(stream);
    this.#bytes += delta;
    owned.bytes += delta;
    if (delta > 0) this.#makeRoom(stream, owned);
  }

  /** Marks a stream as abandoned. */
  left(stream: BatchStream): void {
    const { abandoned } = this.#ownedBy(stream);
    if (abandoned.has(stream)) return;
    abandoned.add(stream);
    this.#abandoned.set(stream, performance.now());
  }

  /** Marks a stream as connected. */
  returned(stream: BatchStream): void {
    this.#ownedBy(stream).abandoned.delete(stream);
    this.#abandoned.delete(stream);
  }

  #makeRoom(stream: BatchStream, owned: Owned): void {
    this.#dropAbandoned(owned.abandoned, () => owned.bytes - this.#maxOwnBytes);
    this.#dropAbandoned(this.#abandoned.keys(), () => this.#bytes - this.#maxBytes);
    const excess = () => Math.max(owned.bytes - this.#maxOwnBytes, this.#bytes - this.#maxBytes);
    if (excess() > 0) stream.trimBy(excess());
    if (excess() > 0) this.#drop(stream);
  }

  #dropAbandoned(abandoned: Iterable<BatchStream>, excess: () => number): void {
    for (const stream of abandoned) {
      if (excess() <= 0) return;
      this.#drop(stream);
    }
  }

  #drop(stream: BatchStream): void {
    if (!this.#streams.delete(stream.run.id)) return;
    const owned = this.#ownedBy(stream);
    this.returned(stream);
    this.#bytes -= stream.bytes;
    owned.bytes -= stream.bytes;
    if (--owned.size === 0) this.#owners.delete(stream.principal);
    stream.forget();
  }

  #ownedBy({ principal }: BatchStream): Owned {
    const known = this.#owners.get(principal);
    if (known !== undefined) return known;
    const owned: Owned = { bytes: 0, size: 0, abandoned: new Set() };
    this.#owners.set(principal, owned);
    return owned;
  }
}
