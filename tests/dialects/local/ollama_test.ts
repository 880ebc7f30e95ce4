/** Ollama. */
import { dialect } from "../harness.ts";
import { call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("ollama", {
  "reads a text and reasoning": {
    json: chat({ content: "forty-two", reasoning: "A question." }, "stop", { usage: USAGE }),
    events: [
      chunk({ role: "assistant", content: "", reasoning: "A question." }),
      chunk({ role: "assistant", content: "forty-two" }),
      chunk({ role: "assistant", content: "" }, "stop"),
      { id: "1", object: "chat.completion.chunk", choices: [], usage: USAGE },
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question.", usage: USED },
  },
  "reads arguments that are an object": {
    json: chat({ content: "", tool_calls: [call("a", "add", { n: 1 })] }, "tool_calls"),
    events: [
      chunk({ content: "", tool_calls: [call("a", "add", { n: 1 }, { index: 0 })] }),
      chunk({ content: "" }, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
    aiSdk: "its SDK requires arguments as a text",
  },
  "reads parallel tool calls that all have index 0": {
    events: [
      chunk({ content: "", tool_calls: [call("a", "add", '{"n":1}', { index: 0 })] }),
      chunk({ content: "", tool_calls: [call("b", "add", '{"n":2}', { index: 0 })] }),
      chunk({ content: "" }, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }], ["add", { n: 2 }]] },
    aiSdk: "its SDK joins calls with the same index",
  },
  "does not retry an unknown model": {
    status: 404,
    json: {
      error: { message: 'model "m" not found', type: "not_found_error", param: null, code: null },
    },
    expect: { error: "provider", status: 404, message: 'model "m" not found' },
  },
  "reads an error as a text": {
    status: 500,
    json: { error: "model runner has unexpectedly stopped" },
    expect: { error: "provider", status: 500, retryable: true, message: "unexpectedly stopped" },
  },
});
