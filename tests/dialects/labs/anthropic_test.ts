/** Anthropic's compatible endpoint. */
import { dialect } from "../harness.ts";
import { answer, chunk, USED } from "../form.ts";

dialect("anthropic", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads end_turn as stop": { ...answer("forty-two", "end_turn"), expect: { text: "forty-two" } },
  "reads a full context window as truncated": {
    ...answer("forty", "model_context_window_exceeded"),
    expect: { text: "forty", finishReason: "length" },
  },
  "reports a refusal as a filter": {
    ...answer("I", "refusal"),
    expect: { text: "I", finishReason: "content_filter", error: "filtered" },
  },
  "reports limits until a date": {
    ...answer("forty-two", "stop"),
    headers: (now) => ({
      "anthropic-ratelimit-requests-limit": "1000",
      "anthropic-ratelimit-requests-remaining": "500",
      "anthropic-ratelimit-requests-reset": new Date(now + 30_000).toISOString(),
      "anthropic-ratelimit-tokens-limit": "80000",
      "anthropic-ratelimit-tokens-remaining": "0",
      "anthropic-ratelimit-tokens-reset": new Date(now + 59_000).toISOString(),
    }),
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 1000, remaining: 500, resetMs: 30_000 },
        tokens: { limit: 80_000, remaining: 0, resetMs: 59_000 },
      },
    },
  },
  "reports limits with another order of words in their names": {
    ...answer("forty-two", "stop"),
    headers: (now) => ({
      "x-ratelimit-requests-limit": "1000",
      "x-ratelimit-requests-remaining": "0",
      "x-ratelimit-requests-reset": new Date(now + 60_000).toISOString(),
      "x-ratelimit-tokens-limit": "80000",
      "x-ratelimit-tokens-remaining": "40000",
      "x-ratelimit-tokens-reset": new Date(now + 30_000).toISOString(),
    }),
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 1000, remaining: 0, resetMs: 60_000 },
        tokens: { limit: 80_000, remaining: 40_000, resetMs: 30_000 },
      },
    },
  },
  "waits until the date of the limit that is used up": {
    status: 429,
    headers: (now) => ({
      "anthropic-ratelimit-requests-limit": "50",
      "anthropic-ratelimit-requests-remaining": "0",
      "anthropic-ratelimit-requests-reset": new Date(now + 21_000).toISOString(),
      "anthropic-ratelimit-tokens-limit": "80000",
      "anthropic-ratelimit-tokens-remaining": "79000",
      "anthropic-ratelimit-tokens-reset": new Date(now + 59_000).toISOString(),
    }),
    json: { type: "error", error: { type: "rate_limit_error", message: "Slow down" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 21_000 },
  },
  "does not retry an error without a status": {
    json: {
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: 9 > 8" },
      request_id: "1",
    },
    expect: { error: "provider", message: "max_tokens: 9 > 8" },
  },
  "retries an overloaded server": {
    status: 529,
    json: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    expect: { error: "provider", status: 529, retryable: true, message: "Overloaded" },
  },
  "retries an overloaded server in the middle of a stream": {
    events: [
      chunk({ role: "assistant", content: "" }),
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n',
    ],
    expect: { error: "provider", retryable: true, message: "Busy" },
  },
});
