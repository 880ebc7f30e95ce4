const FLUSH_LENGTH = 64 * 1024;
const FLUSH_INTERVAL_MS = 200;

/** Takes lines, and writes them many at a time: never a part of one, and none later than a fifth of a second. */
export class LineSink {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  readonly #encoder = new TextEncoder();
  #lines = "";
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #failed: { readonly error: unknown } | undefined;

  /** Writes by this function, which is not called again before it has ended. */
  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  /**
   * Takes a line, or several, each with its end; a promise is to be waited for.
   *
   * @throws What writing threw, also that of lines before.
   */
  write(lines: string): Promise<void> | undefined {
    if (this.#failed !== undefined) throw this.#failed.error;
    this.#lines += lines;
    if (this.#lines.length >= FLUSH_LENGTH) return this.flush();
    // Who is told of what went wrong is whoever comes next.
    this.#timer ??= setTimeout(() => this.flush().catch(() => {}), FLUSH_INTERVAL_MS);
  }

  /** Writes what waits. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#writing = this.#writing.then(async () => {
      if (this.#failed !== undefined) throw this.#failed.error;
      if (this.#lines === "") return;
      const bytes = this.#encoder.encode(this.#lines);
      this.#lines = "";
      try {
        await this.#write(bytes);
      } catch (error) {
        this.#failed = { error };
        throw error;
      }
    });
  }

  /** Writes nothing more. */
  discard(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lines = "";
  }
}

/** Writes all of the bytes: one write may take only some of them. */
export async function writeAll(
  file: { write(bytes: Uint8Array): Promise<number> },
  bytes: Uint8Array,
): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
