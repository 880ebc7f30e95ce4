/** SGLang, TGI, LocalAI and LMDeploy. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE } from "../form.ts";

dialect("sglang", {
  "reads eos_token as stop": { ...answer("forty-two", "eos_token"), expect: { text: "forty-two" } },
  "reads a finish reason that is empty until the end": {
    json: chat({ content: "forty-two" }, ""),
    events: [
      chunk({ content: "forty" }, ""),
      chunk({ content: "-two" }, ""),
      chunk({}, "stop"),
      DONE,
    ],
    expect: { text: "forty-two" },
  },
  "reads a call of the older form": {
    json: chat(
      { content: null, function_call: { name: "add", arguments: '{"n":1}' } },
      "function_call",
    ),
    events: [
      chunk({ function_call: { name: "add", arguments: "" } }),
      chunk({ function_call: { arguments: '{"n":1}' } }),
      chunk({}, "function_call"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
    aiSdk: "its SDK ignores the older form",
  },
  "retries a response with the reason tool_calls and without a call": {
    json: chat({ content: "", tool_calls: [] }, "tool_calls"),
    events: [chunk({ content: "" }), chunk({}, "tool_calls"), DONE],
    tools: true,
    expect: { error: "provider", retryable: true },
  },
  "reads an empty list of arguments": {
    json: chat({ content: "", tool_calls: [call("a", "now", "")] }, "tool_calls"),
    events: [
      chunk({ tool_calls: [call("a", "now", null, { index: 0 })] }),
      chunk({}, "tool_calls"),
    ],
    expect: { toolCalls: [["now", {}]] },
    aiSdk: "its SDK passes the empty text on, or fails",
  },
  "reads an error with a type": {
    status: 422,
    json: { error: "Input validation error: `inputs` is too long", error_type: "validation" },
    expect: { error: "provider", status: 422, message: "`inputs` is too long" },
  },
});
