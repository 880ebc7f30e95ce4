/** OpenAI: Chat Completions. The Responses API is in `openai_responses_test.ts`. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

const usage = {
  ...USAGE,
  prompt_tokens_details: { cached_tokens: 4, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 3, accepted_prediction_tokens: 0 },
};

dialect("openai", {
  "reads a text, and usage in an event of its own without choices": {
    json: chat({ content: "forty-two", refusal: null, annotations: [] }, "stop", { usage }),
    events: [
      chunk({ role: "assistant", content: "", refusal: null }, null, { usage: null }),
      chunk({ content: "forty" }, null, { usage: null }),
      chunk({ content: "-two" }, null, { usage: null }),
      chunk({}, "stop", { usage: null }),
      { id: "chatcmpl-1", object: "chat.completion.chunk", choices: [], usage },
      DONE,
    ],
    expect: {
      text: "forty-two",
      usage: { ...USED, cachedInputTokens: 4, reasoningTokens: 3 },
    },
  },
  "reads parallel tool calls that are streamed by index": {
    json: chat(
      { content: null, tool_calls: [call("a", "add", '{"n":1}'), call("b", "now", "{}")] },
      "tool_calls",
    ),
    events: [
      chunk({ role: "assistant", content: null, tool_calls: [call("a", "add", "", { index: 0 })] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"n"' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ":1}" } }] }),
      chunk({ tool_calls: [call("b", "now", "", { index: 1 })] }),
      chunk({ tool_calls: [{ index: 1, function: { arguments: "{}" } }] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }], ["now", {}]] },
  },
  "reads stop as tool_calls if the request named the tool": {
    json: chat({ content: null, tool_calls: [call("a", "add", "{}")] }, "stop"),
    expect: { toolCalls: [["add", {}]] },
    aiSdk: { finishReason: "tool_calls" },
  },
  "fails on a call of a custom tool, which no agent can run": {
    json: chat({
      content: null,
      tool_calls: [{ id: "a", type: "custom", custom: { name: "write", input: "x" } }],
    }, "tool_calls"),
    events: [
      chunk({
        tool_calls: [{ index: 0, id: "a", type: "custom", custom: { name: "write", input: "" } }],
      }),
      chunk({ tool_calls: [{ index: 0, custom: { input: "x" } }] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    tools: true,
    expect: { error: "provider", retryable: true },
  },
  "does not run tool calls that were cut off": {
    json: chat({ content: null, tool_calls: [call("a", "add", '{"n"')] }, "length"),
    events: [
      chunk({ tool_calls: [call("a", "add", '{"n"', { index: 0 })] }),
      chunk({}, "length"),
      DONE,
    ],
    expect: {
      toolCalls: [["add", '{"n"']],
      finishReason: "length",
      error: "truncated",
      requests: 1,
    },
  },
  "reports a truncated text as such, but not as an error": {
    ...answer("forty", "length"),
    expect: { text: "forty", finishReason: "length" },
  },
  "fails if reasoning used up all tokens": {
    ...answer("", "length"),
    expect: { text: "", finishReason: "length", error: "truncated" },
  },
  "fails on a truncated typed answer without a repair": {
    ...answer('{"answer": 4', "length"),
    output: { type: "object", properties: { answer: { type: "number" } }, required: ["answer"] },
    expect: { text: '{"answer": 4', finishReason: "length", error: "truncated" },
  },
  "reads a refusal": {
    json: chat({ content: null, refusal: "I must not." }),
    events: [chunk({ refusal: "I must" }), chunk({ refusal: " not." }), chunk({}, "stop"), DONE],
    expect: { refusal: "I must not.", finishReason: "stop", error: "filtered" },
    // Its SDK reports the refusal as a text.
    aiSdk: { text: "I must not.", finishReason: "content_filter", requests: 1 },
  },
  "reads only the first choice of several": {
    json: {
      ...chat({ content: "forty-two" }),
      choices: [
        { index: 1, message: { content: "seven" }, finish_reason: "stop" },
        { index: 0, message: { content: "forty-two" }, finish_reason: "stop" },
      ],
    },
    events: [
      { choices: [{ index: 0, delta: { content: "forty" }, finish_reason: null }] },
      { choices: [{ index: 1, delta: { content: "sev" }, finish_reason: null }] },
      {
        choices: [
          { index: 1, delta: { content: "en" }, finish_reason: "length" },
          { index: 0, delta: { content: "-two" }, finish_reason: null },
        ],
      },
      { choices: [{ index: 0, delta: {}, finish_reason: "stop" }] },
      DONE,
    ],
    expect: { text: "forty-two" },
    aiSdk: "its SDK reads the first choice of the list",
  },
  "does not retry an exceeded quota": {
    status: 429,
    json: {
      error: {
        message: "You exceeded your current quota",
        type: "insufficient_quota",
        param: null,
        code: "insufficient_quota",
      },
    },
    expect: { error: "rate_limited", status: 429, message: "You exceeded your current quota" },
  },
  "does not retry a billing limit, whatever the status": {
    status: 500,
    json: { error: { message: "Limit reached", code: "billing_hard_limit_reached", type: null } },
    expect: { error: "provider", status: 500 },
  },
  "waits as long as the message says": {
    status: 429,
    json: {
      error: {
        message: "Rate limit reached for m: Limit 3. Please try again in 20s.",
        type: "requests",
        code: "rate_limit_exceeded",
      },
    },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 20_000 },
  },
  "reads a limit of a day by its reset": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "10000",
      "x-ratelimit-remaining-requests": "9999",
      "x-ratelimit-reset-requests": "8.64s",
      "x-ratelimit-limit-tokens": "160000",
      "x-ratelimit-remaining-tokens": "159976",
      "x-ratelimit-reset-tokens": "9ms",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 10_000, remaining: 9999, resetMs: 8640, periodMs: 86_400_000 },
        tokens: { limit: 160_000, remaining: 159_976, resetMs: 9 },
      },
    },
  },
  "waits as long as the server asks": {
    status: 429,
    headers: { "retry-after": "7" },
    json: { error: { message: "Slow down", type: "requests", code: "rate_limit_exceeded" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 7000 },
  },
  "does not retry a context that is too long": {
    status: 400,
    json: {
      error: {
        message: "This model's maximum context length is 8192 tokens",
        type: "invalid_request_error",
        param: "messages",
        code: "context_length_exceeded",
      },
    },
    expect: { error: "provider", status: 400, message: "maximum context length" },
  },
  "retries an error in the middle of a stream": {
    events: [
      chunk({ role: "assistant", content: "" }),
      {
        error: {
          message: "The server had an error",
          type: "server_error",
          param: null,
          code: null,
        },
      },
    ],
    expect: { error: "provider", retryable: true, message: "The server had an error" },
  },
  "retries a response without choices": {
    json: { id: "chatcmpl-1", object: "chat.completion", choices: [], usage: USAGE },
    expect: { error: "provider", retryable: true, usage: USED },
    aiSdk: { usage: undefined },
  },
  "reports a stream without an end as truncated": {
    events: [chunk({ role: "assistant", content: "forty" }), chunk({ content: "-tw" })],
    expect: { error: "truncated", retryable: true, text: "forty-tw" },
  },
});
