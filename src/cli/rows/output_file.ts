import { CliError, errorMessage, EXIT } from "../exit_code.ts";
import { LineSink, writeAll } from "./line_sink.ts";

/** Where lines go. */
export interface LineOutput {
  /** Takes lines, each with its end; a promise is to be waited for. */
  write(lines: string): Promise<void> | undefined;
  /**
   * Writes what waits and closes it.
   *
   * @param whole Is this all that there is to be? If not, and a file was there before that had more in it, that one stays.
   */
  close(whole: boolean): Promise<void>;
}

/** The same, with what `head` gives before the first lines, or alone if there are none: rows may be made in another order than written. */
export function withHeader(output: LineOutput, head: () => string): LineOutput {
  return {
    write: (lines) => output.write(head() + lines),
    async close(whole) {
      const first = whole ? head() : "";
      if (first !== "") await output.write(first);
      await output.close(whole);
    },
  };
}

/**
 * Opens an output: a file, or the standard output for `"-"`.
 *
 * The journal is the truth and the output made of it, from the beginning each time. So a line that a crash has cut off is gone with
 * the next start. A file that is there already stays as it is until the new one, beside it, has as much in it; then the new one takes its
 * place, at once and for good (`rename`), and goes on growing there.
 *
 * @throws {CliError} If it cannot be written.
 */
export async function openOutput(path: string): Promise<LineOutput> {
  if (path === "-") return openStdout();
  const broken = (cause: unknown) =>
    new CliError(`Cannot write ${path}: ${errorMessage(cause)}`, EXIT.broken, { cause });
  try {
    const before = await fileSize(path);
    if (before === undefined || before === 0) {
      return new FileOutput(await Deno.open(path, { write: true, create: true }), broken);
    }
    // A file that must not be written must not be replaced, either.
    (await Deno.open(path, { write: true })).close();
    const real = await Deno.realPath(path);
    const part = `${real}.part`;
    const file = await Deno.open(part, { write: true, create: true, truncate: true });
    return new FileOutput(file, broken, { target: real, part, previousSize: before });
  } catch (cause) {
    throw broken(cause);
  }
}

/** The size of a file; `undefined` if there is none. Of a device or a pipe it is 0. */
async function fileSize(path: string): Promise<number | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile ? size : 0;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

interface Replacement {
  readonly target: string;
  readonly part: string;
  readonly previousSize: number;
}

class FileOutput implements LineOutput {
  readonly #file: Deno.FsFile;
  readonly #sink: LineSink;
  readonly #broken: (cause: unknown) => CliError;
  #beside: Replacement | undefined;
  #written = 0;

  constructor(file: Deno.FsFile, broken: (cause: unknown) => CliError, beside?: Replacement) {
    this.#file = file;
    this.#broken = broken;
    this.#beside = beside;
    this.#sink = new LineSink((bytes) => this.#write(bytes));
  }

  write(lines: string): Promise<void> | undefined {
    return this.#sink.write(lines);
  }

  async close(whole: boolean): Promise<void> {
    try {
      await this.#sink.flush();
      // A device has nothing to wait for, and says so by an error.
      await this.#file.syncData().catch(() => {});
      if (this.#beside === undefined) return;
      if (whole) await this.#replace(this.#beside);
      else await Deno.remove(this.#beside.part);
    } finally {
      this.#sink.discard();
      this.#file.close();
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await writeAll(this.#file, bytes);
      this.#written += bytes.length;
      if (this.#beside !== undefined && this.#written >= this.#beside.previousSize) {
        await this.#replace(this.#beside);
      }
    } catch (cause) {
      throw this.#broken(cause);
    }
  }

  async #replace({ part, target: real }: Replacement): Promise<void> {
    await Deno.rename(part, real);
    this.#beside = undefined;
  }
}

function openStdout(): LineOutput {
  const sink = new LineSink(async (bytes) => {
    try {
      await writeAll(Deno.stdout, bytes);
    } catch (cause) {
      const gone = cause instanceof Deno.errors.BrokenPipe;
      throw new CliError(
        `Cannot write to the standard output: ${errorMessage(cause)}`,
        gone ? EXIT.readerGone : EXIT.broken,
        { cause },
      );
    }
  });
  return {
    write: (lines) => sink.write(lines),
    async close() {
      await sink.flush().finally(() => sink.discard());
    },
  };
}
