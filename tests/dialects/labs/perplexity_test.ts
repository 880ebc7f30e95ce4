/** Perplexity. */
import { dialect } from "../harness.ts";
import { answer, chat, USAGE, USED } from "../form.ts";

dialect("perplexity", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads events that repeat the message beside the delta": {
    events: ["forty", "-two"].map((content, i) => ({
      id: "1",
      object: "chat.completion.chunk",
      usage: USAGE,
      citations: ["https://example.com"],
      choices: [{
        index: 0,
        delta: { role: "assistant", content },
        message: { role: "assistant", content: i === 0 ? "forty" : "forty-two" },
        finish_reason: i === 0 ? null : "stop",
      }],
    })),
    expect: { text: "forty-two", usage: USED },
  },
  "reads citations and search results beside a text": {
    json: {
      ...chat({ content: "forty-two" }),
      citations: ["https://example.com"],
      search_results: [],
    },
    expect: { text: "forty-two" },
  },
  "does not quote an error page": {
    status: 401,
    text:
      "<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body></body></html>",
    headers: { "content-type": "text/html" },
    expect: { error: "provider", status: 401, message: '"401 Authorization Required"' },
  },
  "reads a numeric code": {
    status: 400,
    json: { error: { message: "Invalid model 'm'", type: "invalid_model", code: 400 } },
    expect: { error: "provider", status: 400, message: "Invalid model 'm'" },
  },
});
