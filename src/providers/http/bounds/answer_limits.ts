/**
 * Bounds of what a server may send, after decompression. Without them, one server that sends
 * without end, or a few kilobytes that decompress to gigabytes, would end the process.
 */
import { numberThat, type Rule } from "../../../model/check_options.ts";
import { ProviderError } from "../../../model/errors.ts";
import type { ToolRequest } from "../../../model/message.ts";

/**
 * The default of `maxAnswerBytes`: 64 MiB. The longest texts of models, 128,000 tokens, have less
 * than 1 MB, or 45 MB as events of a stream. An hour of speech or a dozen large images as base64
 * fit, too.
 */
export const DEFAULT_MAX_ANSWER_BYTES = 67_108_864;

/** The maximum size of the body of an error, in bytes: 1 MiB. Some repeat the model's answer. */
export const MAX_ERROR_BYTES = 1_048_576;

/**
 * The maximum length of the arguments of one tool call, in characters: 4 MiB. Models write less
 * than 1 MB at once, and nothing but text.
 */
export const MAX_TOOL_ARGS = 4_194_304;

/** The maximum number of tool calls, and of items of a list that is merged, in one answer. */
export const MAX_ITEMS_PER_ANSWER = 2_048;

/** The rule for `maxAnswerBytes`. Texts of more than half a gigabyte do not exist in JavaScript. */
export const maxAnswerBytesRule: Rule = numberThat(
  "a whole number from 1 to 500,000,000",
  (n) => Number.isInteger(n) && n >= 1 && n <= 500_000_000,
);

/** A body that is larger than allowed. Its connection is closed. */
export class TooLargeError extends Error {
  /** The maximum, in bytes. */
  readonly maxBytes: number;

  /** Creates the error of a body with more than `maxBytes`. */
  constructor(maxBytes: number) {
    super(`the body is larger than ${maxBytes} bytes`);
    this.maxBytes = maxBytes;
  }
}

/** Returns the error of an answer that is larger than allowed. Another attempt would cost again. */
export function answerTooLarge({ maxBytes }: TooLargeError): ProviderError {
  const max = maxBytes.toLocaleString("en-US");
  return new ProviderError(
    `the server's answer is larger than ${max} bytes: ` +
      "if that is no mistake of the server, raise the option maxAnswerBytes",
    { code: "provider", retryable: false },
  );
}

/** Returns the error of an answer that has too many items of a kind. */
export function tooManyItems(what: string): ProviderError {
  const max = MAX_ITEMS_PER_ANSWER.toLocaleString("en-US");
  return new ProviderError(`the server's answer has more than ${max} ${what}`, {
    code: "provider",
    retryable: false,
  });
}

/** Returns the error of a tool call with arguments that are too long. */
export function argumentsTooLong(): ProviderError {
  const max = MAX_TOOL_ARGS.toLocaleString("en-US");
  return new ProviderError(
    `the arguments of a tool call in the answer are longer than ${max} characters`,
    { code: "provider", retryable: false },
  );
}

/**
 * Checks the tool calls of an answer.
 *
 * @throws {ProviderError} If there are too many, or if the arguments of one are too long.
 */
export function checkToolCalls(calls: readonly Pick<ToolRequest, "args">[]): void {
  if (calls.length > MAX_ITEMS_PER_ANSWER) throw tooManyItems("tool calls");
  if (calls.some(({ args }) => args.length > MAX_TOOL_ARGS)) throw argumentsTooLong();
}
