/** Snowflake Cortex. */
import { dialect } from "../harness.ts";
import { call, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("snowflake", {
  "counts [DONE] as the end, without a finish reason": {
    events: [
      { id: "1", model: "m", choices: [{ delta: { type: "text", content: "forty" } }], usage: {} },
      {
        id: "1",
        model: "m",
        choices: [{ delta: { type: "text", content: "-two" } }],
        usage: USAGE,
      },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK reports a stream without a reason as truncated",
  },
  "counts [DONE] as the end of complete tool calls": {
    events: [
      { choices: [{ delta: { tool_calls: [call("a", "add", '{"n"', { index: 0 })] } }] },
      { choices: [{ delta: { tool_calls: [{ index: 0, function: { arguments: ":1}" } }] } }] },
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
    aiSdk: "its SDK reports a stream without a reason as truncated",
  },
  "does not run tool calls whose arguments are not complete": {
    events: [
      { choices: [{ delta: { tool_calls: [call("a", "add", '{"n"', { index: 0 })] } }] },
      DONE,
    ],
    tools: true,
    expect: { error: "truncated", retryable: true },
  },
  "reports a stream without a text, a reason and an end as truncated": {
    events: [chunk({ role: "assistant" }), "data:\n\n"],
    expect: { error: "truncated", retryable: true },
    aiSdk: "its SDK fails on empty data",
  },
  "keeps the reason beside a code of its own": {
    status: 400,
    json: { message: "unknown model", request_id: "1", error_code: "390189", code: "390189" },
    expect: { error: "provider", status: 400, message: "unknown model" },
  },
});
