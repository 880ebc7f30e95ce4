/** One or more consecutive lines. */
export interface LineBlock {
  /** The number of the first line, from 1. */
  readonly line: number;
  /** The lines, without the last line break. Absent for a line that is too long. */
  readonly bytes?: Uint8Array;
}

const LF = 10;

/**
 * Splits bytes into blocks of whole lines. A block has all lines of a chunk, since single lines
 * would cost more than their parsing. Lines longer than `maxBytes` are dropped, so memory stays
 * flat.
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<LineBlock> {
  let line = 1;
  let kept: Uint8Array[] = [];
  let length = 0;
  const endLine = (last: Uint8Array): LineBlock => {
    const isTooLong = length + last.length > maxBytes;
    const bytes = kept.length === 0 ? last : concatBytes([...kept, last]);
    kept = [];
    length = 0;
    return { line: line++, ...(!isTooLong && { bytes }) };
  };
  for await (const chunk of chunks) {
    let start = 0;
    let end = chunk.indexOf(LF);
    // A line that began in an earlier chunk, or each line where one could be too long.
    while (end >= 0 && (length > 0 || chunk.length > maxBytes)) {
      yield endLine(chunk.subarray(start, end));
      start = end + 1;
      end = chunk.indexOf(LF, start);
    }
    if (end >= 0) {
      end = chunk.lastIndexOf(LF);
      const bytes = chunk.subarray(start, end);
      yield { line, bytes };
      line += countLineBreaks(bytes) + 1;
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > maxBytes) kept = [];
    else if (rest.length > 0) kept.push(rest);
  }
  if (length > 0) yield endLine(new Uint8Array());
}

function countLineBreaks(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) count++;
  return count;
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
