import { openInput } from "./open_input.ts";

const LF = 10;

/**
 * Counts the lines of a file that are not empty. Returns `undefined` if the input can be read only
 * once, or if the signal aborts. CSV with line breaks within fields has fewer rows than lines.
 */
export async function countLines(path: string, signal: AbortSignal): Promise<number | undefined> {
  if (path === "-") return undefined;
  const input = await openInput(path);
  if (!input.isFile) {
    await input.chunks.return?.();
    return undefined;
  }
  let lines = 0;
  let length = 0;
  for await (const chunk of input.chunks) {
    if (signal.aborted) return undefined;
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (length + end - start > 0) lines++;
      length = 0;
      start = end + 1;
    }
    length += chunk.length - start;
  }
  return length > 0 ? lines + 1 : lines;
}
