/** Cerebras. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, USAGE, USED } from "../form.ts";

dialect("cerebras", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads a stream that ends without [DONE]": {
    events: [
      chunk({ role: "assistant", content: "forty" }),
      chunk({ content: "-two" }),
      chunk({}, "stop", { usage: USAGE, time_info: { queue_time: 0.001, total_time: 0.02 } }),
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads the reset of a day in seconds": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests-day": "14400",
      "x-ratelimit-remaining-requests-day": "14399",
      "x-ratelimit-reset-requests-day": "33011.382867",
      "x-ratelimit-limit-tokens-minute": "60000",
      "x-ratelimit-remaining-tokens-minute": "59000",
      "x-ratelimit-reset-tokens-minute": "11.382867",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 14_400, remaining: 14_399, resetMs: 33_011_383, periodMs: 86_400_000 },
        tokens: { limit: 60_000, remaining: 59_000, resetMs: 11_383, periodMs: 60_000 },
      },
    },
  },
  "reads reasoning": {
    json: chat({ content: "forty-two", reasoning: "A question." }),
    events: [
      chunk({ reasoning: "A " }),
      chunk({ reasoning: "question." }),
      chunk({
        content: "forty-two",
      }, "stop"),
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "reads an error without a wrapper": {
    status: 400,
    json: {
      message: "temperature must be at most 1.5",
      type: "invalid_request_error",
      param: "temperature",
      code: "wrong_api_format",
    },
    expect: { error: "provider", status: 400, message: "temperature must be at most 1.5" },
  },
  "reports a queue that is full": {
    status: 429,
    json: {
      message: "We're experiencing high traffic right now",
      type: "too_many_requests_error",
      param: "queue",
      code: "queue_exceeded",
    },
    expect: { error: "rate_limited", status: 429, retryable: true, message: "high traffic" },
  },
});
