import { CliError, errorMessage, EXIT } from "../exit_code.ts";

/** Bytes to read, once. */
export interface InputStream {
  /** The bytes, as they come. Leaving the loop closes the file. */
  readonly chunks: AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  /** Which part of it was read by now, from 0 to 1; `undefined` if nobody knows how long it is. */
  readonly fractionRead: number | undefined;
}

const CHUNK = 256 * 1024;

/**
 * Opens a file, or the standard input for `"-"`.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openInput(path: string): Promise<InputStream> {
  const file = path === "-" ? Deno.stdin : await open(path);
  const info = file instanceof Deno.FsFile ? await file.stat() : undefined;
  if (info?.isDirectory) {
    (file as Deno.FsFile).close();
    throw new CliError(`Cannot read ${path} as it is a directory`);
  }
  const size = info?.isFile ? info.size : undefined;
  let read = 0;
  async function* chunks() {
    try {
      for (;;) {
        const buffer = new Uint8Array(CHUNK);
        const n = await file.read(buffer);
        if (n === null) return;
        read += n;
        yield buffer.subarray(0, n);
      }
    } catch (cause) {
      throw new CliError(
        `Cannot read on in ${inputName(path)}: ${errorMessage(cause)}`,
        EXIT.broken,
        {
          cause,
        },
      );
    } finally {
      if (file instanceof Deno.FsFile) file.close();
    }
  }
  return {
    chunks: chunks(),
    get fractionRead() {
      return size === undefined ? undefined : size === 0 ? 1 : Math.min(1, read / size);
    },
  };
}

/** The name of an input or output, for people. */
export function inputName(path: string): string {
  return path === "-" ? "the standard input" : path;
}

async function open(path: string): Promise<Deno.FsFile> {
  try {
    return await Deno.open(path, { read: true });
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${errorMessage(cause)}`, EXIT.usage, { cause });
  }
}
