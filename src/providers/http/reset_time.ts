/** Parses the times in rate headers: durations, numbers, and dates. */
import { parseDate } from "./retry_after.ts";

const SECOND = 1000;
/** A minute, in milliseconds. */
export const MINUTE = 60 * SECOND;
/** An hour, in milliseconds. */
export const HOUR = 60 * MINUTE;
/** A day, in milliseconds. */
export const DAY = 24 * HOUR;
/**
 * The longest time until a limit resets, in milliseconds. A longer one is an error, or means that
 * there is no limit.
 */
export const MAX_RESET = 366 * DAY;

/** Numbers from here on are seconds since 1970, and from `EPOCH_MS` on milliseconds since 1970. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e11;

/** The time until a limit resets. */
export type ResetTime =
  /** The server names the unit, or a moment. */
  | { readonly ms: number; readonly number?: undefined }
  /** A number without a unit: seconds at most servers, milliseconds at some. */
  | { readonly ms?: undefined; readonly number: number };

/** Parses up to 15 digits: they are exact, and more than any real limit has. */
export function parseHeaderNumber(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}(\.\d{1,9})?$/.test(header) ? Number(header) : undefined;
}

/**
 * Parses the time until a limit resets: a duration, a number, a time in seconds or milliseconds
 * since 1970, or a date. Impossible values are ignored.
 *
 * @param now The current time, in milliseconds since 1970.
 */
export function parseReset(header: string | null, now: number): ResetTime | undefined {
  if (header === null || header === "") return undefined;
  const number = parseHeaderNumber(header);
  if (number !== undefined && number < EPOCH_SECONDS) return { number };
  const ms = number === undefined
    ? parseHeaderDuration(header) ?? msUntil(parseDate(header), now)
    : msUntil(number < EPOCH_MS ? number * SECOND : number, now);
  return ms !== undefined && ms <= MAX_RESET ? { ms: Math.round(ms) } : undefined;
}

/** What is known of a limit whose reset is a number without a unit. */
export interface UnitClues {
  /** The share of the limit that is used, from 0 to 1. */
  readonly usedShare: number;
  /** The time in which the whole limit refills, in milliseconds. */
  readonly periodMs: number;
}

/** How far a reset may exceed the period: servers round up to whole seconds. */
const ROUNDING = SECOND;

/**
 * Returns the milliseconds that a number without a unit stands for. Most servers write seconds.
 * Azure OpenAI and GitHub Models write milliseconds. No limit takes longer than its period to
 * refill, so what exceeds that as seconds is milliseconds. Of two possible units, the one closer to
 * the time that the used share takes to refill is chosen.
 *
 * @returns `undefined` if the number is neither.
 */
export function withUnit(
  number: number,
  { usedShare, periodMs }: UnitClues,
): number | undefined {
  const [seconds, ms] = [number * SECOND, number];
  const longest = periodMs + ROUNDING;
  const expected = usedShare * periodMs;
  // No server writes fractions of a millisecond.
  const isSeconds = !Number.isInteger(number) || number === 0 || expected === 0 ||
    distance(seconds, expected) <= distance(ms, expected);
  const chosen = seconds <= longest && isSeconds ? seconds : ms;
  return chosen <= longest ? Math.min(Math.round(chosen), periodMs) : undefined;
}

/** Returns how far apart two durations are, as a factor. */
function distance(a: number, b: number): number {
  return Math.max(a / b, b / a);
}

/**
 * A duration in Go's format, which most servers use: `6m0s`, `120ms`, `1h0m0.5s`, optionally with
 * days in front. Headers are not UTF-8, so the micro sign may arrive as two characters.
 */
const UNITS: readonly (readonly [pattern: string, ms: number])[] = [
  ["d", DAY],
  ["h", HOUR],
  ["m", MINUTE],
  ["s", SECOND],
  ["ms", 1],
  ["(?:u|\\xc2?\\xb5)s", 1e-3],
  ["ns", 1e-6],
];
const DURATION = new RegExp(
  `^${UNITS.map(([pattern]) => `(?:([\\d.]+)${pattern})?`).join("")}$`,
);

/** Parses a duration in Go's format, in milliseconds. */
export function parseHeaderDuration(text: string): number | undefined {
  const parts = DURATION.exec(text);
  if (parts === null) return undefined;
  let ms = 0;
  for (let i = 0; i < UNITS.length; i++) {
    const part = parts[i + 1];
    if (part === undefined) continue;
    const number = parseHeaderNumber(part);
    if (number === undefined) return undefined;
    ms += number * UNITS[i]![1];
  }
  return ms;
}

/**
 * Returns the milliseconds until a date, and 0 for a date in the recent past. A date long ago, such
 * as the year 1 of Go's zero time, counts as none.
 */
function msUntil(date: number | undefined, now: number): number | undefined {
  return date === undefined || date < now - MAX_RESET ? undefined : Math.max(0, date - now);
}
