/** Alibaba Cloud Model Studio (Qwen). */
import { dialect } from "../harness.ts";
import { answer, call, chunk, DONE, USED } from "../form.ts";

dialect("alibaba", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "continues tool calls whose id is empty after the first delta": {
    events: [
      chunk({ tool_calls: [call("a", "add", "", { index: 0 })] }),
      chunk({
        tool_calls: [{ index: 0, id: "", type: "function", function: { arguments: '{"n"' } }],
      }),
      chunk({
        tool_calls: [{ index: 0, id: "", type: "function", function: { arguments: ":1}" } }],
      }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "reports a prompt that was inspected and rejected": {
    status: 400,
    json: {
      error: { code: "data_inspection_failed", message: "Input data may be inappropriate" },
      request_id: "1",
    },
    expect: { error: "filtered", status: 400, message: "Input data may be inappropriate" },
  },
  "does not retry an overdue account": {
    status: 400,
    json: { code: "Arrearage", message: "Access denied, your account is overdue", request_id: "1" },
    expect: { error: "provider", status: 400, message: "your account is overdue" },
  },
});
