/**
 * Finds a wait in the words of an error. It is the only place where words count: servers that send
 * no header with a 429 write the wait in the message, and a wrong wait costs little.
 */
import { DAY, HOUR, MINUTE } from "./reset_time.ts";

/** The milliseconds of a unit, by its first letters. */
const UNIT_MS: readonly (readonly [pattern: string, ms: number])[] = [
  ["milliseconds?|msecs?|ms", 1],
  ["seconds?|secs?|s", 1000],
  ["minutes?|mins?|m", MINUTE],
  ["hours?|hrs?|h", HOUR],
  ["days?|d", DAY],
];
const UNIT = UNIT_MS.map(([pattern]) => pattern).join("|");
const AMOUNT = `(\\d{1,15}(?:\\.\\d{1,15})?) ?(${UNIT})(?![a-z])`;
/** "try again in 1m30.5s", "retry after 5 seconds", "wait another 2 minutes and 5 seconds". */
const STATED = new RegExp(
  "\\b(?:try|retry|retrying|wait|available|resets?)" +
    "(?: (?:the|your|requests?|it|again|in|after|for|about|approximately|around|at least|" +
    "another))*" +
    ":? " +
    `((?:${AMOUNT}(?:, and | and |, | )?)+)`,
  "i",
);
const EACH_AMOUNT = new RegExp(AMOUNT.replace("(?![a-z])", ""), "gi");

/**
 * Returns the wait that a message states, in milliseconds: "Please try again in 1m30.5s", "Retry
 * after 5 seconds".
 *
 * @returns `undefined` if it states none.
 */
export function findStatedWait(message: string): number | undefined {
  // Messages may quote the prompt. The wait is near the beginning or the end.
  const text = message.length <= 2 * PART
    ? message
    : `${message.slice(0, PART)}\n${message.slice(-PART)}`;
  const stated = STATED.exec(text)?.[1];
  if (stated === undefined) return undefined;
  let ms = 0;
  for (const [, number, unit] of stated.matchAll(EACH_AMOUNT)) ms += Number(number) * msOf(unit!);
  return ms;
}

/** The number of characters of a message that are read at each end. */
const PART = 2_000;

function msOf(unit: string): number {
  return UNIT_MS.find(([pattern]) => new RegExp(`^(?:${pattern})$`, "i").test(unit))![1];
}
