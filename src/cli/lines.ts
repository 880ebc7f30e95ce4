/** A line of bytes. */
export interface Line {
  /** Which one, from 1. */
  readonly line: number;
  /** What is in it, without its end; absent if it is longer than allowed. */
  readonly bytes?: Uint8Array;
}

const LF = 10;

/** Cuts bytes into lines. Of a line that is longer than `most` bytes nothing is kept: memory stays flat whatever comes. */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
): AsyncGenerator<Line> {
  let line = 1;
  let kept: Uint8Array[] = [];
  let length = 0;
  const take = (last: Uint8Array): Line => {
    const number = line++;
    const tooLong = length + last.length > most;
    const bytes = kept.length === 0 ? last : joined([...kept, last]);
    kept = [];
    length = 0;
    return tooLong ? { line: number } : { line: number, bytes };
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield take(chunk.subarray(start, end));
      start = end + 1;
    }
    const rest = chunk.subarray(start);
    length += rest.length;
    if (length > most) kept = [];
    else if (rest.length > 0) kept.push(rest);
  }
  if (length > 0) yield take(new Uint8Array());
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
