/** The names of rate headers, by server. */
import { DAY, HOUR, MINUTE } from "./reset_time.ts";

/** The headers of one limit. */
export interface LimitNames {
  /** The header with the size of the limit. */
  readonly limit: string;
  /** The header with what remains of it. */
  readonly remaining: string;
  /** The header with the time until it resets. */
  readonly reset: string;
  /** The header with its period in seconds, if there may be one. */
  readonly period?: string;
  /** Its period in milliseconds, if the name says so. */
  readonly periodMs?: number;
  /** Whether a reset without a unit is in seconds, and never in milliseconds. */
  readonly inSeconds?: true;
}

/** The headers of servers that use the same names. */
export interface LimitFamily {
  /** A server that uses these names sends one of these headers. */
  readonly signs: readonly string[];
  /** The limits on requests. */
  readonly requests: readonly LimitNames[];
  /** The limits on tokens. */
  readonly tokens: readonly LimitNames[];
}

const PERIODS = {
  "second": 1000,
  "10-second": 10_000,
  "minute": MINUTE,
  "5-minute": 5 * MINUTE,
  "hour": HOUR,
  "day": DAY,
};

/**
 * OpenAI's names. Most servers use them: Azure OpenAI and GitHub Models, both with the period in a
 * header of its own, Groq, xAI, SambaNova, Fireworks, LiteLLM.
 */
export const OPENAI: {
  readonly requests: LimitNames;
  readonly tokens: LimitNames;
} = { requests: openaiNames("requests"), tokens: openaiNames("tokens") };

/** Other names. */
export const FAMILIES: readonly LimitFamily[] = [
  family(["anthropic-ratelimit-tokens-limit", "anthropic-ratelimit-requests-limit"], {
    requests: [suffixedNames("anthropic-ratelimit-requests")],
    tokens: [suffixedNames("anthropic-ratelimit-tokens")],
  }),
  // Anthropic's endpoint that is compatible with OpenAI's.
  family(["x-ratelimit-tokens-limit", "x-ratelimit-requests-limit"], {
    requests: [suffixedNames("x-ratelimit-requests")],
    tokens: [suffixedNames("x-ratelimit-tokens")],
  }),
  // Mistral writes "req", Cerebras "requests".
  family([
    "x-ratelimit-limit-tokens-minute",
    "x-ratelimit-limit-req-minute",
    "x-ratelimit-limit-req-10-second",
  ], {
    requests: [
      periodNames("req", "second"),
      periodNames("req", "10-second"),
      periodNames("req", "minute"),
      periodNames("requests", "second"),
      periodNames("requests", "minute"),
      periodNames("requests", "hour"),
      periodNames("requests", "day"),
    ],
    tokens: [
      periodNames("tokens", "second"),
      periodNames("tokens", "minute"),
      periodNames("tokens", "5-minute"),
      periodNames("tokens", "hour"),
      periodNames("tokens", "day"),
    ],
  }),
  // Together counts seconds. Others send the names for requests alone, with any period.
  family(["x-tokenlimit-limit"], {
    requests: [{ ...suffixedNames("x-ratelimit"), periodMs: 1000 }],
    tokens: [{ ...suffixedNames("x-tokenlimit"), periodMs: 1000 }],
  }),
];

/**
 * The names of OpenRouter and many gateways, which report requests only. The period may be anything
 * from a second to a day, so they are only read from a response that rejects the request.
 */
export const UNITLESS: readonly LimitNames[] = [
  { ...suffixedNames("x-ratelimit"), inSeconds: true },
  { ...suffixedNames("ratelimit"), inSeconds: true },
];

/**
 * Limits other than those that are followed: on input and output tokens alone, and per day.
 * Attempts wait for their reset once they are used up.
 */
export const OTHERS: readonly LimitNames[] = [
  suffixedNames("anthropic-ratelimit-input-tokens"),
  suffixedNames("anthropic-ratelimit-output-tokens"),
  openaiNames("tokens-prompt"),
  openaiNames("tokens-generated"),
  periodNames("requests", "day"),
];

function family(
  signs: readonly string[],
  limits: Pick<LimitFamily, "requests" | "tokens">,
): LimitFamily {
  return { signs, ...limits };
}

function openaiNames(unit: string): LimitNames {
  return {
    limit: `x-ratelimit-limit-${unit}`,
    remaining: `x-ratelimit-remaining-${unit}`,
    reset: `x-ratelimit-reset-${unit}`,
    period: `x-ratelimit-renewalperiod-${unit}`,
  };
}

function periodNames(unit: string, period: keyof typeof PERIODS): LimitNames {
  const { limit, remaining, reset } = openaiNames(`${unit}-${period}`);
  return { limit, remaining, reset, periodMs: PERIODS[period] };
}

function suffixedNames(prefix: string): LimitNames {
  return { limit: `${prefix}-limit`, remaining: `${prefix}-remaining`, reset: `${prefix}-reset` };
}
