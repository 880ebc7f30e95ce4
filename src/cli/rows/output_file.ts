import { CliError, errorMessage } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { LineSink, writeAll } from "./line_sink.ts";

/** An output of lines. */
export interface LineOutput {
  /** Writes lines with their line breaks. If it returns a promise, the caller waits for it. */
  write(lines: string): Promise<void> | undefined;
  /**
   * Writes what is buffered, and closes the output.
   *
   * @param state Whether all lines were written. If not, an earlier file with more in it is kept.
   */
  close(state: "complete" | "partial"): Promise<void>;
}

/**
 * Returns an output that writes a header before the first lines, or alone if there are none.
 *
 * @param header Returns the header the first time that it is called, and `""` after that.
 */
export function withHeader(output: LineOutput, header: () => string): LineOutput {
  return {
    write: (lines) => output.write(header() + lines),
    async close(state) {
      const text = state === "complete" ? header() : "";
      if (text !== "") await output.write(text);
      await output.close(state);
    },
  };
}

/**
 * Opens an output: a file, or the standard output for `"-"`.
 *
 * Each start rebuilds the output from the journal, so a line that a crash has cut off does not
 * survive. An existing file stays as it is until the new one, a temporary file beside it, has as
 * much in it. Then the new file replaces it atomically by `rename`, and grows on in its place.
 *
 * @throws {CliError} If it cannot be written.
 */
export async function openOutput(path: string): Promise<LineOutput> {
  if (path === "-") return openStdout();
  const writeError = (cause: unknown) =>
    new CliError(`Cannot write ${path}: ${errorMessage(cause)}`, { exitCode: EXIT.broken, cause });
  try {
    const previousSize = await fileSize(path);
    if (previousSize === undefined || previousSize === 0) {
      return new FileOutput(await Deno.open(path, { write: true, create: true }), writeError);
    }
    // Replacing a file needs no permission to write to it: a read-only file must stay.
    (await Deno.open(path, { write: true })).close();
    const target = await Deno.realPath(path);
    const part = `${target}.part`;
    const file = await Deno.open(part, { write: true, create: true, truncate: true });
    return new FileOutput(file, writeError, { target, part, previousSize });
  } catch (cause) {
    throw writeError(cause);
  }
}

/** Returns the size of a file: 0 for a device or a pipe, `undefined` if there is none. */
async function fileSize(path: string): Promise<number | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile ? size : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** An existing file that is to be replaced. */
interface Replacement {
  readonly target: string;
  /** The path of the temporary file. */
  readonly part: string;
  readonly previousSize: number;
}

class FileOutput implements LineOutput {
  readonly #file: Deno.FsFile;
  readonly #sink: LineSink;
  readonly #writeError: (cause: unknown) => CliError;
  #replacement: Replacement | undefined;
  #written = 0;

  constructor(
    file: Deno.FsFile,
    writeError: (cause: unknown) => CliError,
    replacement?: Replacement,
  ) {
    this.#file = file;
    this.#writeError = writeError;
    this.#replacement = replacement;
    this.#sink = new LineSink((bytes) => this.#write(bytes));
  }

  write(lines: string): Promise<void> | undefined {
    return this.#sink.write(lines);
  }

  async close(state: "complete" | "partial"): Promise<void> {
    try {
      await this.#sink.flush();
      // Devices cannot be synced, and throw.
      await this.#file.syncData().catch(() => {});
      if (this.#replacement === undefined) return;
      if (state === "complete") await this.#replace(this.#replacement);
      else await Deno.remove(this.#replacement.part);
    } finally {
      this.#sink.discard();
      this.#file.close();
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes);
      this.#written += bytes.length;
      if (this.#replacement !== undefined && this.#written >= this.#replacement.previousSize) {
        await this.#replace(this.#replacement);
      }
    } catch (cause) {
      throw this.#writeError(cause);
    }
  }

  async #replace({ part, target }: Replacement): Promise<void> {
    await Deno.rename(part, target);
    this.#replacement = undefined;
  }
}

function openStdout(): LineOutput {
  const sink = new LineSink(async (bytes) => {
    try {
      await writeAll(Deno.stdout, bytes);
    } catch (cause) {
      const isReaderGone = cause instanceof Deno.errors.BrokenPipe;
      throw new CliError(`Cannot write to the standard output: ${errorMessage(cause)}`, {
        exitCode: isReaderGone ? EXIT.readerGone : EXIT.broken,
        cause,
      });
    }
  });
  return {
    write: (lines) => sink.write(lines),
    async close() {
      await sink.flush().finally(() => sink.discard());
    },
  };
}
