import { openInput } from "./open_input.ts";

const LF = 10;

/**
 * Counts the lines of a file that have something in them; `undefined` for what can be read only once, and if it was aborted. Of CSV
 * with line breaks inside of fields that is more than there are rows.
 */
export async function countLines(path: string, signal: AbortSignal): Promise<number | undefined> {
  if (path === "-") return undefined;
  const input = await openInput(path);
  if (input.fractionRead === undefined) {
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
