import { writeSync } from "node:fs";
import process from "node:process";
import { isatty } from "node:tty";

const STDERR = 2;
/** How long to wait for a full pipe, in milliseconds. */
const RETRY_MS = 5;

const encoder = new TextEncoder();
const neverWoken = new Int32Array(new SharedArrayBuffer(4));

/**
 * Writes to the standard error, before it returns: the process may end right after it. Does nothing
 * if it was closed.
 */
export function writeStderr(text: string): void {
  try {
    if (isatty(STDERR)) writeToTerminal(text);
    else writeBytes(encoder.encode(text));
  } catch {
    // It was closed.
  }
}

let isListening = false;

/** The stream of a terminal is synchronous. On Windows it also converts and enables colours. */
function writeToTerminal(text: string): void {
  if (!isListening) process.stderr.on("error", () => {});
  isListening = true;
  process.stderr.write(text);
}

function writeBytes(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(STDERR, bytes, at);
    } catch (error) {
      // A full pipe, which another process has made non-blocking.
      if ((error as { code?: unknown }).code !== "EAGAIN") throw error;
      Atomics.wait(neverWoken, 0, 0, RETRY_MS);
    }
  }
}
