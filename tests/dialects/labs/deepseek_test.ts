/** DeepSeek. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("deepseek", {
  "reads reasoning, and usage in the last event with a choice": {
    json: chat({ content: "forty-two", reasoning_content: "A question." }, "stop", {
      usage: USAGE,
    }),
    events: [
      chunk({ role: "assistant", content: null, reasoning_content: "" }),
      chunk({ content: null, reasoning_content: "A " }),
      chunk({ content: null, reasoning_content: "question." }),
      chunk({ content: "forty-two", reasoning_content: null }),
      chunk({ content: "", reasoning_content: null }, "stop", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question.", usage: USED },
  },
  "reads keep-alive lines before a complete response": {
    text: `\n\n\n${JSON.stringify(chat({ content: "forty-two" }))}`,
    headers: { "content-type": "application/json" },
    expect: { text: "forty-two" },
  },
  "reads keep-alive comments before a stream": {
    events: [": keep-alive\n\n: keep-alive\n\n", chunk({ content: "forty-two" }, "stop"), DONE],
    expect: { text: "forty-two" },
  },
  "retries insufficient_system_resource, which is billed": {
    ...answer("for", "insufficient_system_resource"),
    expect: { error: "provider", retryable: true, text: "for", usage: USED },
  },
  "reports a filter": {
    ...answer("for", "content_filter"),
    expect: { text: "for", finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "reads tool calls after reasoning": {
    json: chat(
      { content: "", reasoning_content: "I add.", tool_calls: [call("a", "add", '{"n":1}')] },
      "tool_calls",
    ),
    events: [
      chunk({ reasoning_content: "I add.", content: null }),
      chunk({ tool_calls: [call("a", "add", "", { index: 0 })] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"n":1}' } }] }),
      chunk({ content: "" }, "tool_calls"),
      DONE,
    ],
    expect: {
      toolCalls: [["add", { n: 1 }]],
      reasoning: "I add.",
      sentBack: {
        reasoning_content: "I add.",
        tool_calls: [call("a", "add", '{"n":1}')],
      },
    },
  },
  "sends an empty reasoning_content back": {
    json: chat(
      { content: "", reasoning_content: "", tool_calls: [call("a", "add", '{"n":1}')] },
      "tool_calls",
    ),
    events: [
      chunk({ reasoning_content: "", content: "" }),
      chunk({ tool_calls: [call("a", "add", '{"n":1}', { index: 0 })] }, "tool_calls"),
      DONE,
    ],
    expect: {
      toolCalls: [["add", { n: 1 }]],
      sentBack: {
        reasoning_content: "",
        tool_calls: [call("a", "add", '{"n":1}')],
      },
    },
    // Its SDK sends no empty reasoning.
    aiSdk: { sentBack: undefined },
  },
  "does not retry an account without a balance": {
    status: 402,
    json: {
      error: {
        message: "Insufficient Balance",
        type: "unknown_error",
        code: "invalid_request_error",
      },
    },
    expect: { error: "provider", status: 402, message: "Insufficient Balance" },
  },
});
