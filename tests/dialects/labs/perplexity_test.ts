/** Perplexity. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, event, message, response, USAGE, USED } from "../form.ts";

const usage = {
  ...USAGE,
  search_context_size: "low",
  cost: {
    input_tokens_cost: 0.00012,
    output_tokens_cost: 0.00006,
    request_cost: 0.006,
    total_cost: 0.00618,
  },
};
const agentResponse = response([
  { type: "search_results", queries: ["the answer"], results: [] },
  message("forty-two"),
], {
  usage: {
    input_tokens: 12,
    output_tokens: 5,
    total_tokens: 17,
    cost: { currency: "USD", input_cost: 0.001, output_cost: 0.005, total_cost: 0.006 },
  },
});

dialect("perplexity", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads events that repeat the message beside the delta": {
    events: ["forty", "-two"].map((content, i) => ({
      id: "1",
      object: "chat.completion.chunk",
      usage: USAGE,
      citations: ["https://example.com"],
      choices: [{
        index: 0,
        delta: { role: "assistant", content },
        message: { role: "assistant", content: i === 0 ? "forty" : "forty-two" },
        finish_reason: i === 0 ? null : "stop",
      }],
    })),
    expect: { text: "forty-two", usage: USED },
  },
  "reads the cost of each event, with a fee for the request": {
    json: chat({ content: "forty-two" }, "stop", { usage }),
    events: [
      chunk({ role: "assistant", content: "forty" }, null, {
        usage: { ...USAGE, cost: { ...usage.cost, total_cost: 0.0051 } },
      }),
      chunk({ content: "-two" }, "stop", { usage }),
    ],
    expect: {
      text: "forty-two",
      usage: { ...USED, reasoningTokens: 0 },
      cost: 0.00618,
    },
  },
  "reads a schema's answer after its thoughts": {
    ...answer('<think>A question.</think>{"answer":42}', "stop"),
    output: { type: "object", properties: { answer: { type: "number" } }, required: ["answer"] },
    expect: { text: '<think>A question.</think>{"answer":42}', content: { answer: 42 } },
  },
  "does not retry a key without credits": {
    status: 401,
    json: { error: { message: "You exceeded your quota", type: "insufficient_quota", code: 401 } },
    expect: { error: "provider", status: 401, message: "You exceeded your quota" },
  },
  "reports a limit of requests": {
    status: 429,
    headers: { "retry-after": "3" },
    json: {
      error: { message: "Request rate limit exceeded", type: "request_rate_limit_exceeded" },
    },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 3000 },
  },
  "reads tool calls": {
    json: chat({ content: "", tool_calls: [call("a", "add", '{"n":1}')] }, "tool_calls"),
    events: [
      chunk({ role: "assistant", tool_calls: [call("a", "add", '{"n":1}', { index: 0 })] }),
      chunk({}, "tool_calls", { usage: USAGE }),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "reads the Agent API": {
    api: "responses",
    json: agentResponse,
    events: [
      event("response.created", { response: response([], { status: "in_progress" }) }),
      event("response.output_text.delta", {
        item_id: "msg_1",
        output_index: 1,
        delta: "forty-two",
      }),
      event("response.completed", { response: agentResponse }),
    ],
    expect: { text: "forty-two", usage: USED, cost: 0.006 },
  },
  "reads citations and search results beside a text": {
    json: {
      ...chat({ content: "forty-two" }),
      citations: ["https://example.com"],
      search_results: [],
    },
    expect: { text: "forty-two" },
  },
  "does not quote an error page": {
    status: 401,
    text:
      "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body></body></html>",
    headers: { "content-type": "text/html" },
    expect: { error: "provider", status: 401, message: '"401 Authorization Required"' },
  },
  "reads a numeric code": {
    status: 400,
    json: { error: { message: "Invalid model 'm'", type: "invalid_model", code: 400 } },
    expect: { error: "provider", status: 400, message: "Invalid model 'm'" },
  },
});
