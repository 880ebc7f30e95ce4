import { type FileHandle, open } from "node:fs/promises";
import process from "node:process";
import { pipeline, Readable } from "node:stream";
import { CliError, errorMessage } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { detectEncoding, findSingleByteText, toUtf8 } from "../files/text_encoding.ts";
import { unreadableReason } from "./unreadable_input.ts";

/** The bytes of an input. Leaving the loop closes the file. */
export type InputChunks = AsyncIterableIterator<Uint8Array>;

/** Options of {@linkcode openInput}. */
export interface InputOptions {
  /** The encoding of the input. If absent, it is UTF-8, or UTF-16 where the bytes show that. */
  readonly encoding?: string;
}

const CHUNK_SIZE = 256 * 1024;

/**
 * Opens a file, or the standard input for `"-"`. Its text comes as UTF-8 without a byte order mark,
 * whatever its encoding is. Input that is compressed with gzip is decompressed.
 *
 * The first bytes are read with the first chunk: a pipe may have none yet. Then an input that is
 * not text throws a {@linkcode CliError} that says how to convert it.
 *
 * @throws {CliError} If it cannot be opened.
 */
export async function openInput(path: string, options: InputOptions = {}): Promise<InputChunks> {
  // A pending read of its descriptor would keep Node from exiting: the stream does not.
  if (isStdin(path)) return readChunks(path, process.stdin, options);
  let file: FileHandle;
  let isDirectory: boolean;
  try {
    file = await open(path);
    isDirectory = (await file.stat()).isDirectory();
  } catch (cause) {
    throw new CliError(`Cannot read ${path}: ${errorMessage(cause)}`, { cause });
  }
  if (!isDirectory) return readChunks(path, readFile(file), options);
  await file.close();
  throw new CliError(`Cannot read ${path} as it is a directory`);
}

/** Whether the path is that of the standard input, which Deno opens only with all permissions. */
export function isStdin(path: string): boolean {
  return path === "-" || path === "/dev/stdin";
}

/** Returns the name of an input for people. */
export function inputName(path: string): string {
  return isStdin(path) ? "the standard input" : path;
}

async function* readChunks(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: InputOptions,
): AsyncGenerator<Uint8Array> {
  try {
    yield* readText(path, chunks, options);
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
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

/** Yields the text of the input as UTF-8. */
async function* readText(
  path: string,
  chunks: AsyncIterable<Uint8Array>,
  options: InputOptions,
): AsyncGenerator<Uint8Array> {
  await using input = await peek(chunks);
  if (isGzip(input.start)) {
    const { createGunzip } = await import("node:zlib");
    const gunzip = createGunzip({ chunkSize: CHUNK_SIZE });
    // If either side ends, the other one is destroyed, and the file is closed.
    pipeline(Readable.from(input.chunks, { objectMode: false }), gunzip, () => {});
    yield* decodeText(path, await peek(gunzip), options);
  } else {
    yield* decodeText(path, input, options);
  }
}

async function* decodeText(
  path: string,
  { start, chunks }: Peeked,
  { encoding }: InputOptions,
): AsyncGenerator<Uint8Array> {
  const file = isStdin(path) ? "FILE" : path;
  const reason = unreadableReason(start, file);
  if (reason !== undefined) throw new CliError(`Cannot read ${inputName(path)} as ${reason}`);
  const detected = encoding ?? detectEncoding(start);
  const line = encoding === undefined && detected === "utf-8"
    ? findSingleByteText(start)
    : undefined;
  if (line !== undefined) {
    throw new CliError(
      `Cannot read line ${line} of ${inputName(path)} as it is not UTF-8. ` +
        "If its encoding is Windows-1252 (Latin-1), --encoding windows-1252 reads it, or convert " +
        `it: iconv -f WINDOWS-1252 -t UTF-8 ${file}. --encoding utf-8 leaves out such rows`,
    );
  }
  yield* toUtf8(chunks, detected);
}

/** An input whose first bytes are known. */
interface Peeked extends AsyncDisposable {
  /** The first bytes, or all if there are fewer. */
  readonly start: Uint8Array;
  /** All bytes. */
  readonly chunks: AsyncGenerator<Uint8Array>;
}

/** The number of bytes that show what a file is. */
const MIN_START = 8;
const LF = 10;

/** Reads the first bytes: enough to see what the input is, or its first line. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<Peeked> {
  const iterator = source[Symbol.asyncIterator]();
  let start = new Uint8Array();
  let isDone = false;
  while (!isDone && (start.length < MIN_START && !(start.length > 2 && start.includes(LF)))) {
    const next = await iterator.next();
    isDone = next.done === true;
    if (!isDone) start = start.length === 0 ? next.value : concat(start, next.value);
  }
  const close = async () => void await iterator.return?.();
  async function* chunks() {
    try {
      if (start.length > 0) yield start;
      if (isDone) return;
      yield* { [Symbol.asyncIterator]: () => iterator };
    } finally {
      await close();
    }
  }
  return { start, chunks: chunks(), [Symbol.asyncDispose]: close };
}

function isGzip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(a.length + b.length);
  bytes.set(a);
  bytes.set(b, a.length);
  return bytes;
}
