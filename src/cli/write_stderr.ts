const encoder = new TextEncoder();

/** Writes to the standard error. Does nothing if it was closed. */
export function writeStderr(text: string): void {
  const bytes = encoder.encode(text);
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch {
    // It was closed.
  }
}
