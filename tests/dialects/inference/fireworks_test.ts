/** Fireworks AI. */
import { dialect } from "../harness.ts";
import { answer, call, chunk, DONE, USED } from "../form.ts";

dialect("fireworks", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads a finish reason that is sent twice": {
    events: [chunk({ content: "forty-two" }), chunk({}, "stop"), chunk({}, "stop"), DONE],
    expect: { text: "forty-two" },
  },
  "reads tool calls that begin at index 1": {
    events: [
      chunk({ tool_calls: [call("a", "add", '{"n":1}', { index: 1 })] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "reports a limit of requests, but none of one kind of tokens": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "6000",
      "x-ratelimit-remaining-requests": "5999",
      "x-ratelimit-limit-tokens-prompt": "60000",
      "x-ratelimit-remaining-tokens-prompt": "59000",
    },
    expect: { text: "forty-two", rates: { requests: { limit: 6000, remaining: 5999 } } },
  },
  "keeps a reason beside a fault": {
    status: 400,
    json: { error: { object: "error", type: "invalid_request_error", message: "n is too large" } },
    expect: { error: "provider", status: 400, message: "n is too large" },
  },
});
