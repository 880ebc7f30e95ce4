/** Lines of bytes, that stand one behind the other. */
export interface LineBlock {
  /** Which one is the first of them, from 1. */
  readonly line: number;
  /** What is in them, without the end of the last; absent if it is one that is longer than allowed. */
  readonly bytes?: Uint8Array;
}

const LF = 10;

/**
 * Cuts bytes into whole lines, as many at a time as there are, since one by one they would cost more than what is in them. Of a line
 * that is longer than `most` bytes nothing is kept: memory stays flat whatever comes.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<LineBlock> {
  let line = 1;
  let kept: Uint8Array[] = [];
  let length = 0;
  const one = (last: Uint8Array): LineBlock => {
    const tooLong = length + last.length > most;
    const bytes = kept.length === 0 ? last : concatBytes([...kept, last]);
    kept = [];
    length = 0;
    return { line: line++, ...(!tooLong && { bytes }) };
  };
  for await (const chunk of chunks) {
    let start = 0;
    let end = chunk.indexOf(LF);
    // What was begun before, and where lines may be too long each of them.
    while (end >= 0 && (length > 0 || chunk.length > most)) {
      yield one(chunk.subarray(start, end));
      start = end + 1;
      end = chunk.indexOf(LF, start);
    }
    if (end >= 0) {
      end = chunk.lastIndexOf(LF);
      const bytes = chunk.subarray(start, end);
      yield { line, bytes };
      line += countLineEnds(bytes) + 1;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > most) kept = [];
    else if (rest.length > 0) kept.push(rest);
  }
  if (length > 0) yield one(new Uint8Array());
}

function countLineEnds(bytes: Uint8Array): number {
  let ends = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) ends++;
  return ends;
}

function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
