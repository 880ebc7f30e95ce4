import type { PreparedOutput } from "./prepare_output.ts";

/** So much longer must a text be before it is read again. */
const GROWTH = 1 / 32;

/**
 * Reads a streamed answer piece by piece: give it each piece, and it gives what can be told so far, or `undefined` if that is
 * nothing or nothing that is worth another look. Reading takes time in proportion to the text, so a long one is read again
 * only when it has grown by a thirty-second: the whole stream then costs as much as reading the text 33 times.
 */
export function createPartialReader(
  output: Pick<PreparedOutput, "partial">,
): (delta: string) => unknown {
  let text = "";
  let told = 0;
  return (delta) => {
    text += delta;
    if (text.length - told < text.length * GROWTH) return undefined;
    told = text.length;
    return output.partial(text);
  };
}
