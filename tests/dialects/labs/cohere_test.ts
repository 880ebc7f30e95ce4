/** Cohere's compatible endpoint. */
import { dialect } from "../harness.ts";
import { answer, call, chat } from "../form.ts";

dialect("cohere", {
  "reads COMPLETE as stop": { ...answer("forty-two", "COMPLETE"), expect: { text: "forty-two" } },
  "reads TOOL_CALL": {
    json: chat({ content: null, tool_calls: [call("a", "add", '{"n":1}')] }, "TOOL_CALL"),
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "retries ERROR": { ...answer("", "ERROR"), expect: { error: "provider", retryable: true } },
  "reads a message beside an id": {
    status: 400,
    json: { id: "1", message: "invalid request: model is required" },
    expect: { error: "provider", status: 400, message: "model is required" },
  },
});
