/**
 * Reads the rate limits in response headers. Servers differ in the names of the headers and in the
 * format of times.
 */
import type { RateReport, RateState } from "../../model/rate_report.ts";
import { parseDate } from "./retry_after.ts";

/** The headers for a limit, for what remains of it, and for when it resets. */
type HeaderNames = readonly [limit: string, remaining: string, reset: string];

/**
 * OpenAI's names. Most servers use them: Groq, xAI, SambaNova, LiteLLM, Anthropic's compatible
 * endpoint.
 */
const REQUESTS = openaiNames("requests");
const TOKENS = openaiNames("tokens");

/** Other names. Servers that use them always report tokens, so tokens are looked up first. */
const OTHERS: readonly {
  readonly tokens: HeaderNames;
  readonly requests: readonly HeaderNames[];
}[] = [
  { tokens: anthropicNames("tokens"), requests: [anthropicNames("requests")] },
  // Mistral reports "req" per minute, Cerebras requests per minute or per day.
  {
    tokens: openaiNames("tokens-minute"),
    requests: [
      openaiNames("req-minute"),
      openaiNames("requests-minute"),
      openaiNames("requests-day"),
    ],
  },
];

/**
 * The names of OpenRouter and many gateways, which report requests only. The window may be anything
 * from a second (Together) to a day. What remains of a second is out of date when the response
 * arrives, so these headers are only read from a response that rejects the request.
 */
const UNITLESS: readonly HeaderNames[] = [
  ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
];

/**
 * Reads the state of the server's rate limits. A limit without a header for its size is ignored, as
 * with some versions of Azure's: what remains may be of a second or of a minute. Invalid headers
 * are ignored, too.
 *
 * @param now The current time, in milliseconds since 1970.
 * @param options.rejected Whether the server rejected the request because of a limit.
 * @returns `undefined` if the headers report no limit.
 */
export function readRateHeaders(
  headers: Headers,
  now: number,
  { rejected = false }: { readonly rejected?: boolean } = {},
): RateReport | undefined {
  let requests = readState(headers, REQUESTS, now);
  let tokens = readState(headers, TOKENS, now);
  if (requests === undefined && tokens === undefined) {
    for (const names of OTHERS) {
      tokens = readState(headers, names.tokens, now);
      if (tokens === undefined) continue;
      requests = readFirstState(headers, names.requests, now);
      break;
    }
    if (tokens === undefined && rejected) requests = readFirstState(headers, UNITLESS, now);
    if (requests === undefined && tokens === undefined) return undefined;
  }
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

function openaiNames(unit: string): HeaderNames {
  return [
    `x-ratelimit-limit-${unit}`,
    `x-ratelimit-remaining-${unit}`,
    `x-ratelimit-reset-${unit}`,
  ];
}

function anthropicNames(unit: string): HeaderNames {
  const name = `anthropic-ratelimit-${unit}`;
  return [`${name}-limit`, `${name}-remaining`, `${name}-reset`];
}

function readFirstState(
  headers: Headers,
  all: readonly HeaderNames[],
  now: number,
): RateState | undefined {
  for (const names of all) {
    const state = readState(headers, names, now);
    if (state !== undefined) return state;
  }
}

function readState(headers: Headers, names: HeaderNames, now: number): RateState | undefined {
  const limit = parseNumber(headers.get(names[0]));
  // Azure sends -1 for an unknown limit. Some servers send 0 where there is no limit.
  if (limit === undefined || limit === 0) return undefined;
  const remaining = parseNumber(headers.get(names[1]));
  if (remaining === undefined) return undefined;
  const resetMs = parseReset(headers.get(names[2]), now);
  return {
    limit,
    remaining: Math.min(remaining, limit),
    ...(resetMs !== undefined && { resetMs }),
  };
}

/** Parses up to 15 digits: they are exact, and more than any real limit has. */
function parseNumber(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}(\.\d{1,9})?$/.test(header) ? Number(header) : undefined;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/**
 * The longest time until a limit resets. A longer one is an error, or means that there is no limit.
 */
const MAX_RESET = 366 * DAY;

/** Numbers from here on are seconds since 1970, and from `EPOCH_MS` on milliseconds since 1970. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e11;

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

/**
 * Parses the time until a limit resets, in milliseconds. The header may hold a duration, a number
 * of seconds, a time in seconds or milliseconds since 1970, or a date.
 */
function parseReset(header: string | null, now: number): number | undefined {
  if (header === null || header === "") return undefined;
  const number = parseNumber(header);
  const ms = number === undefined
    ? parseDuration(header) ?? msUntil(parseDate(header), now)
    : number < EPOCH_SECONDS
    ? number * SECOND
    : msUntil(number < EPOCH_MS ? number * SECOND : number, now);
  return ms !== undefined && ms <= MAX_RESET ? Math.round(ms) : undefined;
}

function parseDuration(header: string): number | undefined {
  const parts = DURATION.exec(header);
  if (parts === null) return undefined;
  let ms = 0;
  for (let i = 0; i < UNITS.length; i++) {
    const part = parts[i + 1];
    if (part === undefined) continue;
    const number = parseNumber(part);
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
