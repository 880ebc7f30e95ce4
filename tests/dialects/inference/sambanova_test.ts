/** SambaNova. */
import { dialect } from "../harness.ts";
import { answer, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("sambanova", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads a stream whose usage comes with an event of its own": {
    events: [
      chunk({ content: "forty-two", role: "assistant" }),
      chunk({ content: "" }, "stop"),
      { choices: [], object: "chat.completion.chunk", usage: { ...USAGE, total_latency: 0.2 } },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reports limits of requests": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "60",
      "x-ratelimit-remaining-requests": "42",
      "x-ratelimit-reset-requests": "30",
    },
    expect: {
      text: "forty-two",
      rates: { requests: { limit: 60, remaining: 42, resetMs: 30_000, periodMs: 60_000 } },
    },
  },
  "retries an error in the middle of a stream": {
    events: [
      chunk({ role: "assistant", content: "" }),
      { error: { code: null, message: "unexpected error", param: null, type: "unexpected_error" } },
      DONE,
    ],
    expect: { error: "provider", retryable: true, message: "unexpected error" },
  },
  "reads an error as a text": {
    status: 400,
    json: { error: "max_tokens must be positive" },
    expect: { error: "provider", status: 400, message: "max_tokens must be positive" },
  },
  "reads a plain text": {
    status: 429,
    text: "rate limit exceeded",
    expect: { error: "rate_limited", status: 429, retryable: true, message: "rate limit exceeded" },
  },
});
