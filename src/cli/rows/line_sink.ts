const FLUSH_LENGTH = 64 * 1024;
const FLUSH_INTERVAL_MS = 200;

/** Buffers whole lines, and writes them once there are many, or after 200 ms. */
export class LineSink {
  readonly #writeBytes: (bytes: Uint8Array) => Promise<void>;
  readonly #encoder = new TextEncoder();
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failure: { readonly error: unknown } | undefined;

  /** Writes with this function. Its calls never overlap. */
  constructor(writeBytes: (bytes: Uint8Array) => Promise<void>) {
    this.#writeBytes = writeBytes;
  }

  /**
   * Adds one or more lines with their line breaks. If it returns a promise, the caller waits for it
   * before adding more.
   *
   * @throws The error of an earlier write.
   */
  write(lines: string): Promise<void> | undefined {
    if (this.#failure !== undefined) throw this.#failure.error;
    this.#lines += lines;
    if (this.#lines.length >= FLUSH_LENGTH) return this.flush();
    // The next call of `write` or `flush` throws the error of this flush.
    this.#timer ??= setTimeout(() => this.flush().catch(() => {}), FLUSH_INTERVAL_MS);
  }

  /** Writes all buffered lines. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writing = this.#writing.then(async () => {
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#lines === "") return;
      const bytes = this.#encoder.encode(this.#lines);
      this.#lines = "";
      try {
        await this.#writeBytes(bytes);
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
    });
  }

  /** Drops all buffered lines. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = "";
  }
}
