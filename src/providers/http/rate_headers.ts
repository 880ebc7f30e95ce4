/**
 * Reads the rate limits in response headers. Servers differ in the names of the headers, in the
 * format of times, and in the period that a limit is for.
 */
import type { RateReport, RateState } from "../../model/rate_report.ts";
import type { HeaderReader } from "./header_reader.ts";
import { FAMILIES, type LimitNames, OPENAI, UNITLESS } from "./limit_names.ts";
import {
  DAY,
  HOUR,
  MAX_RESET,
  MINUTE,
  parseHeaderNumber,
  parseReset,
  type ResetTime,
  withUnit,
} from "./reset_time.ts";

/**
 * Reads the state of the server's rate limits. A limit without a header for its size is ignored, as
 * with some versions of Azure's: what remains may be of a second or of a minute. Invalid headers
 * are ignored, too. Of several limits on the same thing, the one of which least remains is
 * reported.
 *
 * @param now The current time, in milliseconds since 1970.
 * @param options.rejected Whether the server rejected the request because of a limit.
 * @returns `undefined` if the headers report no limit.
 */
export function readRateHeaders(
  headers: HeaderReader,
  now: number,
  { rejected = false }: { readonly rejected?: boolean } = {},
): RateReport | undefined {
  let requests = readState(headers, OPENAI.requests, now);
  let tokens = readState(headers, OPENAI.tokens, now);
  if (requests === undefined && tokens === undefined) {
    for (const family of FAMILIES) {
      if (!family.signs.some((name) => headers.has(name))) continue;
      requests = readTightest(headers, family.requests, now);
      tokens = readTightest(headers, family.tokens, now);
      if (requests !== undefined || tokens !== undefined) break;
    }
  }
  if (rejected && requests === undefined && tokens === undefined) {
    requests = readTightest(headers, UNITLESS, now);
  }
  if (requests === undefined && tokens === undefined) return undefined;
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

/** Reads the limit of which least remains; of equals, the slowest. */
function readTightest(
  headers: HeaderReader,
  all: readonly LimitNames[],
  now: number,
): RateState | undefined {
  let tightest: RateState | undefined;
  for (const names of all) {
    const state = readState(headers, names, now);
    if (state === undefined) continue;
    if (tightest === undefined || state.remaining <= tightest.remaining) tightest = state;
  }
  return tightest;
}

/** Reads one limit; `undefined` if its headers are not complete and valid. */
export function readState(
  headers: HeaderReader,
  names: LimitNames,
  now: number,
): RateState | undefined {
  const limit = parseHeaderNumber(headers.get(names.limit));
  // Azure sends -1 for an unknown limit. Some servers send 0 where there is no limit.
  if (limit === undefined || limit === 0) return undefined;
  const left = parseHeaderNumber(headers.get(names.remaining));
  if (left === undefined) return undefined;
  const remaining = Math.min(left, limit);
  const reset = parseReset(headers.get(names.reset), now);
  const periodMs = names.periodMs ?? readPeriod(headers, names.period);
  const usedShare = (limit - remaining) / limit;
  return { limit, remaining, ...interpretReset(reset, { usedShare, periodMs, names }) };
}

/** Reads a period in seconds. */
function readPeriod(headers: HeaderReader, name: string | undefined): number | undefined {
  const seconds = name === undefined ? undefined : parseHeaderNumber(headers.get(name));
  return seconds !== undefined && seconds > 0 && seconds * 1000 <= DAY ? seconds * 1000 : undefined;
}

/**
 * Returns the milliseconds until the limit resets, and the period in which all of it refills. The
 * period is left out where the limit may refill faster than within a minute, as far as is known.
 */
function interpretReset(
  reset: ResetTime | undefined,
  { usedShare, periodMs, names }: {
    readonly usedShare: number;
    readonly periodMs: number | undefined;
    readonly names: LimitNames;
  },
): Pick<RateState, "resetMs" | "periodMs"> {
  if (reset === undefined) return periodMs === undefined ? {} : { periodMs };
  const resetMs = reset.ms ??
    (names.inSeconds
      ? seconds(reset.number)
      : withUnit(reset.number, { usedShare, periodMs: periodMs ?? MINUTE }));
  if (resetMs === undefined) return { periodMs: periodMs ?? MINUTE };
  if (periodMs !== undefined) return { resetMs: Math.min(resetMs, periodMs), periodMs };
  if (resetMs <= usedShare * MINUTE) return { resetMs };
  // The limit refills more slowly than within a minute. Only periods of an hour or a day are
  // accepted.
  const implied = reset.ms === undefined ? NaN : resetMs / usedShare;
  return { resetMs, periodMs: LONG_PERIODS.find((ms) => isAbout(implied, ms)) ?? MINUTE };
}

function seconds(number: number): number | undefined {
  return number * 1000 <= MAX_RESET ? number * 1000 : undefined;
}

/**
 * The periods longer than a minute that servers use without reporting them: OpenAI's and Groq's
 * day.
 */
const LONG_PERIODS = [HOUR, DAY];

function isAbout(ms: number, expected: number): boolean {
  return Math.abs(ms - expected) <= 0.05 * expected;
}
