/** Tests of the waits that servers ask for with a rejection, wherever they write them. */
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { readServerWait } from "../../../src/providers/http/server_wait.ts";
import { findStatedWait } from "../../../src/providers/http/stated_wait.ts";

const NOW = Date.parse("2026-01-31T12:00:00Z");

const WORDS: [message: string, ms: number | undefined][] = [
  ["Rate limit reached for m on requests per min: Limit 3. Please try again in 20s.", 20_000],
  ["Rate limit reached for m: Limit 30, Used 30, Requested 1. Please try again in 20ms.", 20],
  ["Please try again in 1m30.5s. Visit the console to raise it.", 90_500],
  ["Please try again in 6m0s.", 360_000],
  ["Please try again in 1h2m3s", 3_723_000],
  ["please try again in 8.64s", 8640],
  ["Rate limit exceeded. Retry after 5 seconds.", 5000],
  ["exceeded the token rate limit. Please retry after 86400 seconds.", 86_400_000],
  ["You exceeded your quota.\n* Quota exceeded\nPlease retry in 34.074824224s.", 34_075],
  ["Rate limit of 10 per 60s exceeded. Please wait 55 seconds before retrying.", 55_000],
  ["Try again in about 2 minutes and 5 seconds", 125_000],
  ["Please retry your request in 3 sec", 3000],
  ["Your quota will reset after 53s.", 53_000],
  ["The limit resets in: 2 hours", 7_200_000],
  ["Please wait 0 seconds.", 0],
  ["Please try again later.", undefined],
  ["Limit 30 per 60s. Used 30.", undefined],
  ["retry 3 times", undefined],
  ["try again in 5 messages", undefined],
  ["the wait time exceeded 60s", undefined],
  ["", undefined],
];

for (const [message, ms] of WORDS) {
  Deno.test(`stated wait: "${message.slice(0, 60)}" is ${ms}`, () => {
    const found = findStatedWait(message);
    assertEquals(found === undefined ? undefined : Math.ceil(found), ms);
  });
}

Deno.test("stated wait: reads any text in time that grows with its length only", () => {
  const words = fc.constantFrom(
    "try ",
    "again ",
    "in ",
    "retry ",
    "5",
    "s",
    "m",
    "1h",
    " and ",
    ".",
  );
  fc.assert(fc.property(fc.array(words, { maxLength: 2_000 }), (all) => {
    const wait = findStatedWait(all.join(""));
    assert(wait === undefined || wait >= 0 && Number.isFinite(wait));
  }));
});

/** Rejections, and the wait that they ask for. */
const REJECTIONS: Record<
  string,
  [headers: Record<string, string>, body: unknown, ms: number | undefined]
> = {
  "Retry-After": [{ "retry-after": "2" }, { message: "Please try again in 9s." }, 2000],
  "a Retry-After of 0, and the wait elsewhere": [
    { "retry-after": "0" },
    { message: "Please try again in 9s." },
    9000,
  ],
  "a Retry-After of 0 alone": [{ "retry-after": "0" }, undefined, 0],
  "nothing": [{}, undefined, undefined],
  "nothing that is a wait": [{}, { message: "Too many requests", code: 429 }, undefined],
  "OpenAI's words": [{}, { message: "Rate limit reached. Please try again in 5s." }, 5000],
  "Mistral's top-level message": [{}, { message: "Retry after 5 seconds", object: "error" }, 5000],
  "a detail": [{}, { detail: "Rate limit exceeded, retry after 5 seconds" }, 5000],
  "a text": [{}, "Too many requests. Try again in 5 seconds.", 5000],
  "JSON in a text": [{}, '{"error":{"message":"Retry after 5 seconds"}}', 5000],
  "a body of many levels": [{}, JSON.parse("[".repeat(5_000) + "]".repeat(5_000)), undefined],
  "LLM7's field": [{}, { error: { message: "busy", retry_after: 1 } }, 1000],
  "Google's RetryInfo": [{}, {
    code: 429,
    message: "You exceeded your current quota.",
    status: "RESOURCE_EXHAUSTED",
    details: [
      { "@type": "type.googleapis.com/google.rpc.QuotaFailure", violations: [] },
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "34s" },
    ],
  }, 34_000],
  "Google's RetryInfo in a list": [
    {},
    [{ error: { details: [{ "@type": "RetryInfo", retryDelay: "0.5s" }] } }],
    500,
  ],
  "OpenRouter's copy of its headers": [{}, {
    message: "Rate limit exceeded: free-models-per-min.",
    code: 429,
    metadata: {
      headers: {
        "X-RateLimit-Limit": "20",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": String(NOW + 12_000),
      },
    },
  }, 12_000],
  "OpenRouter's error of the server behind it": [{}, {
    message: "Provider returned error",
    code: 429,
    metadata: { raw: "m is rate-limited upstream. Please retry in 7s", provider_name: "p" },
  }, 7000],
  "the reset of a limit that is used up": [
    {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "8s",
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "30000",
      "x-ratelimit-reset-tokens": "30s",
    },
    undefined,
    8000,
  ],
  "the reset of tokens that are nearly used up": [
    {
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "12",
      "x-ratelimit-reset-tokens": "30s",
    },
    undefined,
    30_000,
  ],
  "the longest reset, where both are used up": [
    {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "8s",
      "x-ratelimit-limit-tokens": "60000",
      "x-ratelimit-remaining-tokens": "0",
      "x-ratelimit-reset-tokens": "30s",
    },
    undefined,
    30_000,
  ],
  "no reset of a limit that is not used up": [
    {
      "x-ratelimit-limit-requests": "14400",
      "x-ratelimit-remaining-requests": "14370",
      "x-ratelimit-reset-requests": "2m59s",
    },
    undefined,
    undefined,
  ],
  "Azure's reset in milliseconds": [
    {
      "x-ratelimit-limit-requests": "120",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "45000",
      "x-ratelimit-renewalperiod-requests": "60",
    },
    undefined,
    45_000,
  ],
  "Azure's reset alone": [{ "x-rate-limit-reset-tokens": "55" }, undefined, 55_000],
  "a reset without a limit": [{ "x-ratelimit-reset-requests": "5" }, undefined, 5000],
  "GitHub's time that remains": [{ "x-ratelimit-timeremaining": "55" }, undefined, 55_000],
  "Anthropic's reset": [
    {
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": "2026-01-31T12:00:21Z",
      "anthropic-ratelimit-tokens-limit": "80000",
      "anthropic-ratelimit-tokens-remaining": "79000",
      "anthropic-ratelimit-tokens-reset": "2026-01-31T12:00:59Z",
    },
    undefined,
    21_000,
  ],
  "the reset of Anthropic's output tokens": [
    {
      "anthropic-ratelimit-output-tokens-limit": "8000",
      "anthropic-ratelimit-output-tokens-remaining": "0",
      "anthropic-ratelimit-output-tokens-reset": "2026-01-31T12:00:40Z",
    },
    undefined,
    40_000,
  ],
  "OpenRouter's headers": [
    {
      "x-ratelimit-limit": "50",
      "x-ratelimit-remaining": "0",
      "x-ratelimit-reset": String(NOW + 7_200_000),
    },
    undefined,
    7_200_000,
  ],
  "an IETF draft": [{ "ratelimit-remaining": "0", "ratelimit-reset": "90" }, undefined, 90_000],
};

for (const [name, [headers, body, ms]] of Object.entries(REJECTIONS)) {
  Deno.test(`server wait: reads ${name}`, () =>
    assertEquals(readServerWait({ headers: new Headers(headers), body, now: NOW }), ms));
}

Deno.test("server wait: returns a duration or nothing for any body", () => {
  const body = fc.object({
    key: fc.constantFrom(
      "error",
      "message",
      "details",
      "metadata",
      "headers",
      "retry_after",
      "raw",
    ),
    values: [fc.string(), fc.double(), fc.constant("retry in 5s"), fc.constant(null)],
    maxDepth: 5,
  });
  fc.assert(fc.property(body, (body) => {
    const ms = readServerWait({ headers: undefined, body, now: NOW });
    assert(ms === undefined || ms >= 0 && ms <= 366 * 86_400_000);
  }));
});
