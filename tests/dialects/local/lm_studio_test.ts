/** LM Studio. */
import { dialect } from "../harness.ts";
import { answer, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("lm studio", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads a stream with a system fingerprint and stats": {
    events: [
      chunk({ role: "assistant", content: "forty" }, null, { system_fingerprint: "m" }),
      chunk({ role: "assistant", content: "-two" }),
      chunk({}, "stop"),
      { id: "1", object: "chat.completion.chunk", choices: [], usage: USAGE, stats: {} },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads an error event with a message in an object": {
    events: ['event: error\ndata: {"error":{"message":"The model has crashed"}}\n\n'],
    expect: { error: "provider", retryable: true, message: "The model has crashed" },
  },
  "reads an error as a text": {
    status: 400,
    json: { error: "'messages' must have at least one item" },
    expect: { error: "provider", status: 400, message: "'messages' must have at least one item" },
  },
  "reads an unexpected endpoint with status 200": {
    json: { error: "Unexpected endpoint or method. (POST /chat/completions)" },
    expect: { error: "provider", retryable: true, message: "Unexpected endpoint or method" },
  },
});
