/** Moonshot AI (Kimi). */
import { dialect } from "../harness.ts";
import { call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("moonshot", {
  "reads usage within the last choice's event": {
    json: chat({ content: "forty-two", reasoning_content: "A question." }, "stop", {
      usage: USAGE,
    }),
    events: [
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: "A question." }),
      chunk({ content: "forty-two" }),
      chunk({}, "stop", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question.", usage: USED },
  },
  "sends the reasoning of tool calls back": {
    json: chat({
      content: "",
      reasoning_content: "I add.",
      tool_calls: [call("add:0", "add", '{"n":1}')],
    }, "tool_calls"),
    events: [
      chunk({ role: "assistant", content: "" }),
      chunk({ reasoning_content: "I " }),
      chunk({ reasoning_content: "add." }),
      chunk({ tool_calls: [call("add:0", "add", "", { index: 0 })] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"n":1}' } }] }),
      chunk({}, "tool_calls", { usage: USAGE }),
      DONE,
    ],
    expect: {
      toolCalls: [["add", { n: 1 }]],
      sentBack: {
        reasoning_content: "I add.",
        tool_calls: [call("add:0", "add", '{"n":1}')],
      },
    },
  },
  "does not retry a quota that only the type names": {
    status: 429,
    json: {
      error: {
        message: "Your account is suspended, please check your balance",
        type: "exceeded_current_quota_error",
      },
    },
    expect: { error: "rate_limited", status: 429, message: "Your account is suspended" },
  },
  "retries an overloaded engine": {
    status: 429,
    json: { error: { message: "The engine is overloaded", type: "engine_overloaded_error" } },
    expect: { error: "rate_limited", status: 429, retryable: true },
  },
  "reports a prompt that was filtered": {
    status: 400,
    json: { error: { message: "The request was rejected", type: "content_filter" } },
    expect: { error: "filtered", status: 400, message: "The request was rejected" },
  },
});
