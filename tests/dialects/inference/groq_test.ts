/** Groq. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

const output = {
  type: "object",
  properties: { answer: { type: "number" } },
  required: ["answer"],
} as const;
const toolUseFailed = {
  message: "Failed to call a function. Please adjust your prompt.",
  type: "invalid_request_error",
  code: "tool_use_failed",
  failed_generation: '<function=look_up{"n": }</function>',
};

dialect("groq", {
  "reads a text, with the usage in an object of its own": {
    json: chat({ content: "forty-two" }, "stop", { usage: { ...USAGE, queue_time: 0.02 } }),
    events: [
      chunk({ role: "assistant", content: "" }, null, { x_groq: { id: "req_1" } }),
      chunk({ content: "forty-two" }),
      chunk({}, "stop", { x_groq: { id: "req_1", usage: USAGE } }),
      { id: "1", object: "chat.completion.chunk", choices: [], usage: USAGE },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads reasoning": {
    json: chat({ content: "forty-two", reasoning: "A question." }),
    events: [
      chunk({ reasoning: "A question." }),
      chunk({ content: "forty-two" }),
      chunk({}, "stop"),
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "requests one repair of a tool call that could not be parsed": {
    status: 400,
    json: { error: toolUseFailed },
    tools: true,
    expect: {
      error: "invalid_output",
      status: 400,
      text: toolUseFailed.failed_generation,
      message: "Failed to call a function",
    },
  },
  "requests no repair without tools or a schema": {
    status: 400,
    json: { error: toolUseFailed },
    expect: { error: "invalid_output", status: 400, requests: 1 },
  },
  "requests one repair of JSON that does not match its schema": {
    status: 400,
    json: {
      error: {
        message: "Failed to generate JSON. Please adjust your prompt.",
        type: "invalid_request_error",
        code: "json_validate_failed",
        failed_generation: "",
      },
    },
    output,
    expect: { error: "invalid_output", status: 400, text: "" },
  },
  "requests one repair of a stream that ends with such an error": {
    events: [
      chunk({ role: "assistant", content: "" }),
      `event: error\ndata: ${
        JSON.stringify({ error: { ...toolUseFailed, status_code: 400 } })
      }\n\n`,
    ],
    tools: true,
    expect: { error: "invalid_output", status: 400, text: toolUseFailed.failed_generation },
    aiSdk: { text: undefined, error: "invalid_output", status: undefined },
  },
  "does not retry an error event with the status 400": {
    events: [
      chunk({ role: "assistant", content: "" }),
      'event: error\ndata: {"error":{"message":"Not supported","status_code":400}}\n\n',
    ],
    expect: { error: "provider", status: 400, message: "Not supported" },
    // Its SDK drops the status.
    aiSdk: { status: undefined, retryable: true },
  },
  "does not retry an error event with a bare status 400": {
    events: ['event: error\ndata: {"message":"Not supported","status_code":400}\n\n'],
    expect: { error: "provider", status: 400, message: "Not supported" },
  },
  "reads tool calls": {
    json: chat({ tool_calls: [call("call_1", "add", '{"n":1}')] }, "tool_calls"),
    events: [
      chunk({ tool_calls: [call("call_1", "add", '{"n":1}', { index: 0 })] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "reports rate limits": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "14400",
      "x-ratelimit-remaining-requests": "14399",
      "x-ratelimit-reset-requests": "6s",
      "x-ratelimit-limit-tokens": "18000",
      "x-ratelimit-remaining-tokens": "17500",
      "x-ratelimit-reset-tokens": "1.5s",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 14_400, remaining: 14_399, resetMs: 6000, periodMs: 86_400_000 },
        tokens: { limit: 18_000, remaining: 17_500, resetMs: 1500 },
      },
    },
  },
  "does not retry a request that is too large": {
    status: 413,
    json: { error: { message: "Request too large", type: "tokens", code: "rate_limit_exceeded" } },
    expect: { error: "provider", status: 413, message: "Request too large" },
  },
});
