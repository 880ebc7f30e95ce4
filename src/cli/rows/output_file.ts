import { constants, type Stats } from "node:fs";
import { type FileHandle, open, realpath, stat, unlink } from "node:fs/promises";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { renameFile } from "../files/rename_file.ts";
import { writeStdout } from "../write_stdout.ts";
import { LineSink } from "./line_sink.ts";

/** How much was written when an output is closed. */
export type OutputState = "complete" | "partial" | "unused";

/** An output of lines. */
export interface LineOutput {
  /** Writes lines with their line breaks. If it returns a promise, the caller waits for it. */
  write(lines: string): Promise<void> | undefined;
  /**
   * Writes what is buffered, and closes the output.
   *
   * @param state Whether all lines were written. If not, an earlier file with more in it is kept.
   * If nothing was sent (`"unused"`), a file that was created is deleted, too.
   */
  close(state: OutputState): Promise<void>;
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
    const previous = await statFile(path);
    if (previous === undefined || !previous.isFile() || previous.size === 0) {
      const created = previous === undefined ? path : undefined;
      return new FileOutput(await open(path, WRITE | constants.O_CREAT), writeError, { created });
    }
    // Replacing a file needs no permission to write to it: a read-only file must stay.
    await (await open(path, WRITE)).close();
    const target = await realpath(path);
    const part = `${target}.part`;
    const file = await open(part, "w", previous.mode & 0o777);
    return new FileOutput(file, writeError, {
      replacement: { target, part, previousSize: previous.size },
    });
  } catch (cause) {
    throw writeError(cause);
  }
}

/** Writes to an existing file, without cutting it off. */
const WRITE = constants.O_WRONLY;

async function statFile(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
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
  /** Absent while it is renamed, and after that has failed. */
  #file: FileHandle | undefined;
  readonly #sink: LineSink;
  readonly #writeError: (cause: unknown) => CliError;
  /** The path, if there was no such file. */
  readonly #created: string | undefined;
  #replacement: Replacement | undefined;
  #written = 0;

  constructor(
    file: FileHandle,
    writeError: (cause: unknown) => CliError,
    { created, replacement }: { readonly created?: string; readonly replacement?: Replacement },
  ) {
    this.#file = file;
    this.#writeError = writeError;
    this.#created = created;
    this.#replacement = replacement;
    this.#sink = new LineSink((bytes) => this.#write(bytes));
  }

  write(lines: string): Promise<void> | undefined {
    return this.#sink.write(lines);
  }

  async close(state: OutputState): Promise<void> {
    try {
      if (state === "unused") this.#sink.discard();
      await this.#sink.flush();
      // Devices cannot be synced, and throw.
      await this.#file?.datasync().catch(() => {});
      if (state === "complete") await this.#replace().catch((cause) => this.#fail(cause));
    } finally {
      this.#sink.discard();
      await this.#file?.close();
      if (state !== "complete" && this.#replacement !== undefined) {
        await unlink(this.#replacement.part).catch(() => {});
      }
      if (state === "unused" && this.#created !== undefined) {
        await unlink(this.#created).catch(() => {});
      }
    }
  }

  async #write(bytes: Uint8Array): Promise<void> {
    try {
      for (let at = 0; at < bytes.length;) {
        at += (await this.#file!.write(bytes, at)).bytesWritten;
      }
      this.#written += bytes.length;
      if (this.#written >= (this.#replacement?.previousSize ?? Infinity)) await this.#replace();
    } catch (cause) {
      this.#fail(cause);
    }
  }

  async #replace(): Promise<void> {
    if (this.#replacement === undefined) return;
    const { part, target } = this.#replacement;
    // Windows may refuse to rename a file that is open.
    await this.#file!.close();
    this.#file = undefined;
    await renameFile(part, target);
    this.#replacement = undefined;
    this.#file = await open(target, "a");
  }

  #fail(cause: unknown): never {
    throw this.#writeError(cause);
  }
}

function openStdout(): LineOutput {
  const sink = new LineSink(writeStdout);
  return {
    write: (lines) => sink.write(lines),
    async close() {
      await sink.flush().finally(() => sink.discard());
    },
  };
}
