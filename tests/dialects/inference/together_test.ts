/** Together AI. */
import { dialect } from "../harness.ts";
import { answer, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("together", {
  "reads eos as stop": {
    ...answer("forty-two", "eos"),
    expect: { text: "forty-two", usage: USED },
  },
  "reads a stream with a text beside the delta": {
    events: [
      {
        object: "chat.completion.chunk",
        choices: [{ index: 0, text: "forty", delta: { token_id: 1, content: "forty" } }],
        usage: null,
      },
      { ...chunk({ token_id: 2, content: "-two" }, "eos"), usage: USAGE },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reports limits of a second": {
    ...answer("forty-two", "eos"),
    headers: {
      "x-ratelimit-limit": "10",
      "x-ratelimit-remaining": "9",
      "x-ratelimit-reset": "1",
      "x-tokenlimit-limit": "3000",
      "x-tokenlimit-remaining": "2900",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 10, remaining: 9, resetMs: 1000, periodMs: 1000 },
        tokens: { limit: 3000, remaining: 2900, periodMs: 1000 },
      },
    },
  },
  "does not retry an unknown model": {
    status: 404,
    json: {
      id: "1",
      error: {
        message: "Unable to access model m",
        type: "invalid_request_error",
        param: null,
        code: "model_not_available",
      },
    },
    expect: { error: "provider", status: 404, message: "Unable to access model m" },
  },
  "retries an overloaded server": {
    status: 503,
    json: { error: { message: "The server is overloaded", type: "service_unavailable" } },
    expect: { error: "provider", status: 503, retryable: true },
  },
});
