/** Google: Gemini's compatible endpoint. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("gemini", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads STOP, and usage in each event": {
    events: [
      chunk({ role: "assistant", content: "forty" }, null, { usage: USAGE }),
      chunk({ role: "assistant", content: "-two" }, "STOP", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads MAX_TOKENS as truncated": {
    ...answer("forty", "MAX_TOKENS"),
    expect: { text: "forty", finishReason: "length" },
  },
  "reports a truncated typed answer without a repair": {
    ...answer('{"answer": 4', "max_tokens"),
    output: { type: "object", properties: { answer: { type: "number" } }, required: ["answer"] },
    expect: { text: '{"answer": 4', finishReason: "length", error: "truncated" },
  },
  "reports SAFETY as a filter": {
    ...answer("for", "SAFETY"),
    expect: { text: "for", finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "reports a recitation as a filter": {
    ...answer("for", "content_filter: RECITATION"),
    expect: { text: "for", finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "reports PROHIBITED_CONTENT without a message as a filter": {
    json: { choices: [{ index: 0, finish_reason: "PROHIBITED_CONTENT" }], usage: USAGE },
    expect: { finishReason: "content_filter", error: "filtered", usage: USED },
    aiSdk: { finishReason: undefined, usage: undefined },
  },
  "reports a truncated answer without a message, once": {
    json: { choices: [{ index: 0, finish_reason: "length" }], usage: USAGE },
    expect: { finishReason: "length", error: "truncated", usage: USED },
    aiSdk: { finishReason: undefined, usage: undefined },
  },
  "retries a malformed function call": {
    ...answer("", "MALFORMED_FUNCTION_CALL"),
    tools: true,
    expect: { error: "provider", retryable: true, usage: USED },
  },
  "retries an unknown reason without an answer": {
    ...answer("", "OTHER"),
    expect: { error: "provider", retryable: true, usage: USED, message: '"OTHER"' },
  },
  "keeps an unknown reason of an answer": {
    ...answer("forty-two", "SOMETHING_NEW"),
    expect: { text: "forty-two", finishReason: "SOMETHING_NEW" },
  },
  "reads parallel tool calls that all have index 0 and empty ids": {
    json: chat(
      {
        tool_calls: [call("", "add", '{"n":1}'), call("", "add", '{"n":2}'), call("", "now", "{}")],
      },
      "tool_calls",
    ),
    events: [
      chunk({ tool_calls: [call("", "add", '{"n":1}', { index: 0 })] }),
      chunk({ tool_calls: [call("", "add", '{"n":2}', { index: 0 })] }),
      chunk({ tool_calls: [call("", "now", "{}", { index: 0 })] }, "stop"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }], ["add", { n: 2 }], ["now", {}]] },
    aiSdk: "its SDK joins calls with the same index",
  },
  "reads a list with one error": {
    status: 400,
    json: [
      {
        error: {
          code: 400,
          message: "API key not valid",
          status: "INVALID_ARGUMENT",
          details: [{
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "API_KEY_INVALID",
          }],
        },
      },
    ],
    expect: { error: "provider", status: 400, message: "API key not valid" },
  },
  "reads a list with one error in a stream": {
    events: [[{ error: { code: 429, message: "Quota exceeded", status: "RESOURCE_EXHAUSTED" } }]],
    expect: { error: "rate_limited", status: 429, retryable: true, message: "Quota exceeded" },
  },
  "retries UNAVAILABLE": {
    status: 503,
    json: [{ error: { code: 503, message: "The model is overloaded", status: "UNAVAILABLE" } }],
    expect: { error: "provider", status: 503, retryable: true, message: "The model is overloaded" },
  },
});
