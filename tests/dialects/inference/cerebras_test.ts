/** Cerebras. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, USED } from "../form.ts";

dialect("cerebras", {
  "reads a text, without [DONE]": {
    ...answer("forty-two", "stop"),
    expect: { text: "forty-two", usage: USED },
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
