import { stat } from "node:fs/promises";
import { openInput } from "./open_input.ts";

const LF = 10;
const CR = 13;

/**
 * Counts the lines of a file that are not empty. Returns `undefined` if the input can be read only
 * once, or if the signal aborts. CSV with line breaks within fields has fewer rows than lines.
 */
export async function countLines(
  path: string,
  signal: AbortSignal,
  encoding?: string,
): Promise<number | undefined> {
  if (path === "-" || !(await stat(path)).isFile()) return undefined;
  let lines = 0;
  /** The length of the line that began in an earlier chunk, without a carriage return. */
  let length = 0;
  const lengthOf = (chunk: Uint8Array, start: number, end: number) =>
    end - start === 1 && chunk[start] === CR ? 0 : end - start;
  for await (const chunk of await openInput(path, { encoding })) {
    if (signal.aborted) return undefined;
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      if (length + lengthOf(chunk, start, end) > 0) lines++;
      length = 0;
      start = end + 1;
    }
    length += lengthOf(chunk, start, chunk.length);
  }
  return length > 0 ? lines + 1 : lines;
}
