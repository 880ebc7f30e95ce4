/** Anthropic's compatible endpoint. */
import { dialect } from "../harness.ts";
import { answer, chunk, USED } from "../form.ts";

dialect("anthropic", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads end_turn as stop": { ...answer("forty-two", "end_turn"), expect: { text: "forty-two" } },
  "reads a full context window as truncated": {
    ...answer("forty", "model_context_window_exceeded"),
    expect: { text: "forty", finishReason: "length" },
  },
  "reports a refusal as a filter": {
    ...answer("I", "refusal"),
    expect: { text: "I", finishReason: "content_filter", error: "filtered" },
  },
  "does not retry an error without a status": {
    json: {
      type: "error",
      error: { type: "invalid_request_error", message: "max_tokens: 9 > 8" },
      request_id: "1",
    },
    expect: { error: "provider", message: "max_tokens: 9 > 8" },
  },
  "retries an overloaded server": {
    status: 529,
    json: { type: "error", error: { type: "overloaded_error", message: "Overloaded" } },
    expect: { error: "provider", status: 529, retryable: true, message: "Overloaded" },
  },
  "retries an overloaded server in the middle of a stream": {
    events: [
      chunk({ role: "assistant", content: "" }),
      'event: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Busy"}}\n\n',
    ],
    expect: { error: "provider", retryable: true, message: "Busy" },
  },
});
