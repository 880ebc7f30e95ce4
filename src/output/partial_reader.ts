import type { PreparedOutput } from "./prepare_output.ts";

/** The share by which a text must have grown before it is read again. */
const GROWTH = 1 / 32;

/**
 * Creates a reader of a streamed answer. It takes each delta and returns the current value, or
 * `undefined` if there is none or if the text has not grown enough to be read again.
 *
 * Reading takes time in proportion to the text. A text is read again only when it has grown by a
 * thirty-second, so that the whole stream costs as much as reading the text 33 times.
 */
export function createPartialReader(
  output: Pick<PreparedOutput, "partial">,
): (delta: string) => unknown {
  let text = "";
  let readLength = 0;
  return (delta) => {
    text += delta;
    if (text.length - readLength < text.length * GROWTH) return undefined;
    readLength = text.length;
    return output.partial(text);
  };
}
