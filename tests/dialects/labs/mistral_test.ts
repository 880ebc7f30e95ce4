/** Mistral. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("mistral", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads model_length as truncated": {
    ...answer("forty", "model_length"),
    expect: { text: "forty", finishReason: "length" },
  },
  "does not run tool calls that model_length cut off": {
    json: chat({ content: "", tool_calls: [call("a", "add", '{"n"')] }, "model_length"),
    events: [chunk({ tool_calls: [call("a", "add", '{"n"', { index: 0 })] }, "model_length"), DONE],
    expect: {
      toolCalls: [["add", '{"n"']],
      finishReason: "length",
      error: "truncated",
      requests: 1,
    },
  },
  "retries the finish reason error, which is billed": {
    ...answer("for", "error"),
    expect: { error: "provider", retryable: true, text: "for", usage: USED },
  },
  "reads parts of reasoning": {
    json: chat({
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "A question." }] },
        { type: "text", text: "forty-two" },
      ],
    }),
    events: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "A " }] }] }),
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "question." }] }] }),
      chunk({ content: [{ type: "text", text: "forty" }] }),
      chunk({ content: "-two" }, "stop", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "sends thinking parts back": {
    json: chat({
      content: [
        { type: "thinking", thinking: [{ type: "text", text: "I add." }] },
        { type: "text", text: "Let me see." },
      ],
      tool_calls: [call("abcdefghi", "add", '{"n":1}')],
    }, "tool_calls"),
    events: [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "I " }] }] }),
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "add." }] }] }),
      chunk({ content: "Let me see." }),
      chunk({ tool_calls: [call("abcdefghi", "add", '{"n":1}', { index: 0 })] }, "tool_calls"),
      DONE,
    ],
    expect: {
      text: "Let me see.",
      toolCalls: [["add", { n: 1 }]],
      sentBack: {
        content: [
          { type: "thinking", thinking: [{ type: "text", text: "I add." }] },
          { type: "text", text: "Let me see." },
        ],
        tool_calls: [call("abcdefghi", "add", '{"n":1}')],
      },
    },
    aiSdk: "its SDK requires content as a text",
  },
  "sends no reasoning that did not come": {
    json: chat(
      { content: "", reasoning_content: null, tool_calls: [call("abcdefghi", "add", '{"n":1}')] },
      "tool_calls",
    ),
    expect: {
      toolCalls: [["add", { n: 1 }]],
      sentBack: { tool_calls: [call("abcdefghi", "add", '{"n":1}')] },
    },
  },
  "learns that stream_options are rejected": {
    ...answer("forty-two", "stop"),
    rejects: {
      stream_options: {
        status: 422,
        json: {
          object: "error",
          message: {
            detail: [{
              type: "extra_forbidden",
              loc: ["body", "stream_options"],
              msg: "Extra inputs are not permitted",
              input: { include_usage: true },
            }],
          },
          type: "invalid_request_error",
          param: null,
          code: null,
        },
      },
    },
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK does not leave fields out",
  },
  "reports limits of ten seconds": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-req-minute": "4",
      "x-ratelimit-remaining-req-minute": "2",
      "x-ratelimit-limit-req-10-second": "2",
      "x-ratelimit-remaining-req-10-second": "1",
      "x-ratelimit-limit-tokens-minute": "5000000",
      "x-ratelimit-remaining-tokens-minute": "4999911",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 2, remaining: 1, periodMs: 10_000 },
        tokens: { limit: 5_000_000, remaining: 4_999_911, periodMs: 60_000 },
      },
    },
  },
  "reads tool calls with the id null": {
    json: chat({ content: "", tool_calls: [call(null, "add", '{"n":1}')] }, "tool_calls"),
    events: [
      chunk({ tool_calls: [call("null", "add", '{"n":1}', { index: 0 })] }, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "reads a message that is an object": {
    status: 422,
    json: {
      object: "error",
      message: {
        detail: [
          {
            type: "extra_forbidden",
            loc: ["body", "safe_prompt"],
            msg: "Extra inputs",
            input: {},
          },
        ],
      },
      type: "invalid_request_message_error",
      param: null,
      code: null,
    },
    expect: { error: "provider", status: 422, message: "body.safe_prompt: Extra inputs" },
  },
  "reads a list of details": {
    status: 422,
    json: { detail: [{ loc: ["body", "n"], msg: "must be positive", type: "value_error" }] },
    expect: { error: "provider", status: 422, message: "body.n: must be positive" },
  },
  "reads a message beside a request id": {
    status: 401,
    json: { message: "Unauthorized", request_id: "1" },
    expect: { error: "provider", status: 401, message: "Unauthorized" },
  },
});
