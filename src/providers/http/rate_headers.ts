/** What servers say of their rate limits, in one shape: each has names of its own for them, and ways of its own to write a time. */
import type { RateReport, RateState } from "../../model/rate_report.ts";
import { dateOf } from "./retry_after.ts";

/** The headers for how much there is, how much of it is left, and when all of it is there again. */
type Names = readonly [limit: string, remaining: string, reset: string];

/** OpenAI's names, which most servers have taken over: Groq, xAI, SambaNova, LiteLLM, Anthropic's compatible endpoint. */
const REQUESTS = named("requests");
const TOKENS = named("tokens");

/** Who says nothing of tokens by these names says nothing of requests: one look is enough. */
const OTHERS: readonly { readonly tokens: Names; readonly requests: readonly Names[] }[] = [
  { tokens: anthropic("tokens"), requests: [anthropic("requests")] },
  // Mistral counts "req", Cerebras requests of a minute or of a day.
  {
    tokens: named("tokens-minute"),
    requests: [named("req-minute"), named("requests-minute"), named("requests-day")],
  },
];

/**
 * OpenRouter and many gateways count requests only, in any span of time: Together in seconds, others in days. What is left of a second
 * is of no use to anybody who hears of it with the answer, so these are read where they say why a request was refused.
 */
const PLAIN: readonly Names[] = [
  ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
  ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
];

/**
 * Where the server's rate limits stand. Without a header for the limit, as with some versions of Azure's, what is left tells little: it
 * may be of a second or of a minute. So it counts as not said, as does all that cannot be understood.
 *
 * @param now The time, in milliseconds since 1970.
 * @param refused Did the server refuse the request because of a limit?
 * @returns `undefined` if it does not say.
 */
export function ratesOf(headers: Headers, now: number, refused = false): RateReport | undefined {
  let requests = stateOf(headers, REQUESTS, now);
  let tokens = stateOf(headers, TOKENS, now);
  if (requests === undefined && tokens === undefined) {
    for (const names of OTHERS) {
      tokens = stateOf(headers, names.tokens, now);
      if (tokens === undefined) continue;
      requests = firstOf(headers, names.requests, now);
      break;
    }
    if (tokens === undefined && refused) requests = firstOf(headers, PLAIN, now);
    if (requests === undefined && tokens === undefined) return undefined;
  }
  return { ...(requests && { requests }), ...(tokens && { tokens }) };
}

function named(what: string): Names {
  return [
    `x-ratelimit-limit-${what}`,
    `x-ratelimit-remaining-${what}`,
    `x-ratelimit-reset-${what}`,
  ];
}

function anthropic(what: string): Names {
  const name = `anthropic-ratelimit-${what}`;
  return [`${name}-limit`, `${name}-remaining`, `${name}-reset`];
}

function firstOf(headers: Headers, all: readonly Names[], now: number): RateState | undefined {
  for (const names of all) {
    const state = stateOf(headers, names, now);
    if (state !== undefined) return state;
  }
}

function stateOf(headers: Headers, names: Names, now: number): RateState | undefined {
  const limit = numberOf(headers.get(names[0]));
  // Azure says -1 where it does not know, others 0 where there is none.
  if (limit === undefined || limit === 0) return undefined;
  const remaining = numberOf(headers.get(names[1]));
  if (remaining === undefined) return undefined;
  const resetMs = resetOf(headers.get(names[2]), now);
  return {
    limit,
    remaining: Math.min(remaining, limit),
    ...(resetMs !== undefined && { resetMs }),
  };
}

/** Fifteen digits are exact, and more than any limit has that is one. */
function numberOf(header: string | null): number | undefined {
  return header !== null && /^\d{1,15}(\.\d{1,9})?$/.test(header) ? Number(header) : undefined;
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** No limit lasts longer: such a time is a mistake, or means that there is none. */
const LONGEST_RESET = 366 * DAY;

/** From here on a number is no span of time but seconds since 1970, and from the second on milliseconds since then. */
const EPOCH_SECONDS = 1e9;
const EPOCH_MS = 1e11;

/**
 * As most servers write a span of time in Go: `6m0s`, `120ms`, `1h0m0.5s`, with days before it. Its sign for microseconds comes as two
 * characters, since headers are not UTF-8.
 */
const SPAN =
  /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?(?:([\d.]+)ms)?(?:([\d.]+)(?:u|\xc2?\xb5)s)?(?:([\d.]+)ns)?$/;
const UNITS = [DAY, HOUR, MINUTE, SECOND, 1, 1e-3, 1e-6];

/**
 * How long until a limit is whole again, in milliseconds: a span of time, a number of seconds, or a moment in seconds or milliseconds
 * since 1970 or as a date.
 */
function resetOf(header: string | null, now: number): number | undefined {
  if (header === null || header === "") return undefined;
  const number = numberOf(header);
  const ms = number === undefined
    ? spanOf(header) ?? untilDate(dateOf(header), now)
    : number < EPOCH_SECONDS
    ? number * SECOND
    : untilDate(number < EPOCH_MS ? number * SECOND : number, now);
  return ms !== undefined && ms <= LONGEST_RESET ? Math.round(ms) : undefined;
}

function spanOf(header: string): number | undefined {
  const parts = SPAN.exec(header);
  if (parts === null) return undefined;
  let ms = 0;
  for (let i = 0; i < UNITS.length; i++) {
    const part = parts[i + 1];
    if (part === undefined) continue;
    const number = numberOf(part);
    if (number === undefined) return undefined;
    ms += number * UNITS[i]!;
  }
  return ms;
}

/** What was a moment ago is now; what was long ago, as the year 1 of Go's unset times, is no time. */
function untilDate(date: number | undefined, now: number): number | undefined {
  return date === undefined || date < now - LONGEST_RESET ? undefined : Math.max(0, date - now);
}
