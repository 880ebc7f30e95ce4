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
