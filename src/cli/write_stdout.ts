/** Writes to the standard output, at the pace of its reader. */
import { write } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";
import { CliError, errorMessage } from "./cli_error.ts";
import { EXIT } from "./exit_code.ts";
import { runtimeOf } from "./runtime.ts";

const STDOUT = 1;
/** How long to wait for a full pipe, in milliseconds. */
const RETRY_MS = 5;

const encoder = new TextEncoder();

/**
 * Writes text or bytes. Resolves once the reader has room for them.
 *
 * @throws {CliError} If they cannot be written, with another exit code if the reader is gone.
 */
export async function writeStdout(data: string | Uint8Array): Promise<void> {
  const bytes = typeof data === "string" ? encoder.encode(data) : data;
  try {
    await (usesStream() ? writeToStream(bytes) : writeToDescriptor(bytes));
  } catch (cause) {
    const isReaderGone = GONE.has((cause as { code?: unknown }).code);
    throw new CliError(`Cannot write to the standard output: ${errorMessage(cause)}`, {
      exitCode: isReaderGone ? EXIT.readerGone : EXIT.broken,
      cause,
    });
  }
}

/** Writes a line of text. */
export function printLine(text: string): Promise<void> {
  return writeStdout(text + "\n");
}

/** Resolves once all is written that other code has printed: `process.exit` would drop it. */
export async function flushStdout(): Promise<void> {
  if (usesStream()) await writeToStream(new Uint8Array()).catch(() => {});
}

/** The codes of errors after the reader has closed the pipe. */
const GONE: ReadonlySet<unknown> = new Set(["EPIPE", "ERR_STREAM_DESTROYED", "EOF"]);

/**
 * Whether to write with `process.stdout`. In Deno, its writes to a full pipe block the event loop.
 * Elsewhere, the process cannot end during a write to the descriptor.
 */
function usesStream(): boolean {
  return runtimeOf() !== "deno" || isatty(STDOUT);
}

let isListening = false;

function writeToStream(bytes: Uint8Array): Promise<void> {
  // The error reaches the callback, too. Without a listener it would end the process.
  if (!isListening) process.stdout.on("error", () => {});
  isListening = true;
  return new Promise((resolve, reject) => {
    process.stdout.write(bytes, (error) => error ? reject(error) : resolve());
  });
}

async function writeToDescriptor(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await writeSome(bytes, at);
}

function writeSome(bytes: Uint8Array, at: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(STDOUT, bytes, at, bytes.length - at, null, (error, written) => {
      if (error === null) resolve(written);
      // A full pipe, which another process has made non-blocking.
      else if (error.code === "EAGAIN") setTimeout(() => resolve(0), RETRY_MS);
      else reject(error);
    });
  });
}
