/** GitHub Models. */
import { dialect } from "../harness.ts";
import { answer } from "../form.ts";

dialect("github models", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two" } },
  "reports a limit of requests": {
    status: 429,
    headers: { "retry-after": "12" },
    json: { error: { code: "RateLimitReached", message: "Rate limit of 10 per 60s exceeded" } },
    expect: {
      error: "rate_limited",
      status: 429,
      retryable: true,
      retryAfterMs: 12_000,
      message: "Rate limit of 10",
    },
  },
  "reports limits whose resets are in milliseconds": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "20000",
      "x-ratelimit-remaining-requests": "19999",
      "x-ratelimit-renewalperiod-requests": "60",
      "x-ratelimit-reset-requests": "3",
    },
    expect: {
      text: "forty-two",
      rates: { requests: { limit: 20_000, remaining: 19_999, resetMs: 3, periodMs: 60_000 } },
    },
  },
  "waits for the time that remains": {
    status: 429,
    headers: { "x-ratelimit-timeremaining": "55" },
    json: { error: { code: "RateLimitReached", message: "Rate limit exceeded" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 55_000 },
  },
  "does not retry an unknown model": {
    status: 404,
    json: { error: { code: "unknown_model", message: "Unknown model: m", details: "No model m" } },
    expect: { error: "provider", status: 404, message: "Unknown model: m" },
  },
  "reads a plain text": {
    status: 401,
    text: "Unauthorized\n",
    expect: { error: "provider", status: 401, message: "the server answered 401: Unauthorized" },
  },
});
