/** llama.cpp. */
import { dialect } from "../harness.ts";
import { call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("llama.cpp", {
  "reads a text beside timings": {
    json: {
      ...chat({ content: "forty-two" }, "stop", { usage: USAGE }),
      timings: { prompt_n: 12 },
    },
    events: [
      chunk({ role: "assistant", content: null }),
      chunk({ content: "forty-two" }),
      { ...chunk({}, "stop"), timings: { prompt_n: 12 } },
      { choices: [], usage: USAGE, timings: { prompt_n: 12 } },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads tool calls without ids": {
    json: chat({ content: null, tool_calls: [call(undefined, "add", '{"n":1}')] }, "tool_calls"),
    events: [
      chunk({
        tool_calls: [{ index: 0, type: "function", function: { name: "add", arguments: "" } }],
      }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"n":1}' } }] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
    aiSdk: "its SDK generates an id in its own way",
  },
  "does not retry a context that is too long": {
    status: 400,
    json: {
      error: {
        code: 400,
        message: "the request exceeds the available context size",
        type: "exceed_context_size_error",
        n_prompt_tokens: 9000,
        n_ctx: 8192,
      },
    },
    expect: { error: "provider", status: 400, message: "exceeds the available context size" },
  },
  "does not retry it in a stream, where the field is named error": {
    events: [
      'error: {"code":400,"message":"the request exceeds the available context size",' +
      '"type":"exceed_context_size_error"}\n\n',
    ],
    expect: { error: "provider", status: 400, message: "exceeds the available context size" },
    aiSdk: "its SDK ignores unknown fields",
  },
  "retries while the model is loading": {
    status: 503,
    json: { error: { code: 503, message: "Loading model", type: "unavailable_error" } },
    expect: { error: "provider", status: 503, retryable: true, message: "Loading model" },
  },
});
