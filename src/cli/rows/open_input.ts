import { type FileHandle, open } from "node:fs/promises";
import process from "node:process";
import { CliError, errorMessage } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";

/** The bytes of an input. Leaving the loop closes the file. */
export type InputChunks = AsyncIterableIterator<Uint8Array>;

const CHUNK_SIZE = 256 * 1024;

/**
 * Opens a file, or the standard input for `"-"`.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openInput(path: string): Promise<InputChunks> {
  // A pending read of its descriptor would keep Node from exiting: the stream does not.
  if (path === "-") return readChunks(path, process.stdin);
  let file: FileHandle;
  let isDirectory: boolean;
  try {
    file = await open(path);
    isDirectory = (await file.stat()).isDirectory();
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${errorMessage(cause)}`, { cause });
  }
  if (!isDirectory) return readChunks(path, readFile(file));
  await file.close();
  throw new CliError(`Cannot read ${path} as it is a directory`);
}

/** Returns the name of an input for people. */
export function inputName(path: string): string {
  return path === "-" ? "the standard input" : path;
}

async function* readChunks(path: string, chunks: AsyncIterable<Uint8Array>) {
  try {
    yield* chunks;
  } catch (cause) {
    const message = `Cannot continue to read ${inputName(path)}: ${errorMessage(cause)}`;
    throw new CliError(message, { exitCode: EXIT.broken, cause });
  }
}

async function* readFile(file: FileHandle): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      const buffer = new Uint8Array(CHUNK_SIZE);
      const { bytesRead } = await file.read(buffer, 0, CHUNK_SIZE);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}
