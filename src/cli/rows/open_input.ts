import { CliError, errorMessage } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";

/** An input that can be read once. */
export interface InputStream {
  /** Its bytes. Leaving the loop closes the file. */
  readonly chunks: AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  /** Whether it is a regular file, which can be read again. */
  readonly isFile: boolean;
}

const CHUNK_SIZE = 256 * 1024;

/**
 * Opens a file, or the standard input for `"-"`.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openInput(path: string): Promise<InputStream> {
  const file = path === "-" ? Deno.stdin : await openFile(path);
  const info = file instanceof Deno.FsFile ? await file.stat() : undefined;
  if (info?.isDirectory) {
    (file as Deno.FsFile).close();
    throw new CliError(`Cannot read ${path} as it is a directory`);
  }
  async function* chunks() {
    try {
      for (;;) {
        const buffer = new Uint8Array(CHUNK_SIZE);
        const n = await file.read(buffer);
        if (n === null) return;
        yield buffer.subarray(0, n);
      }
    } catch (cause) {
      const message = `Cannot continue to read ${inputName(path)}: ${errorMessage(cause)}`;
      throw new CliError(message, { exitCode: EXIT.broken, cause });
    } finally {
      if (file instanceof Deno.FsFile) file.close();
    }
  }
  return { chunks: chunks(), isFile: info?.isFile ?? false };
}

/** Returns the name of an input for people. */
export function inputName(path: string): string {
  return path === "-" ? "the standard input" : path;
}

async function openFile(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${errorMessage(cause)}`, { cause });
  }
}
