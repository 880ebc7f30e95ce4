/** Z.ai (GLM). */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, DONE, USED } from "../form.ts";

dialect("zai", {
  "reads reasoning": {
    json: chat({ content: "forty-two", reasoning_content: "A question." }),
    events: [
      chunk({ role: "assistant", reasoning_content: "A question." }),
      chunk({ role: "assistant", content: "forty-two" }, "stop"),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "reports sensitive as a filter": {
    ...answer("for", "sensitive"),
    expect: { text: "for", finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "retries network_error, which is billed": {
    ...answer("for", "network_error"),
    expect: { error: "provider", retryable: true, text: "for", usage: USED },
  },
  "does not retry an account without a balance": {
    status: 429,
    json: { error: { code: "1113", message: "Insufficient balance. Please recharge." } },
    expect: { error: "rate_limited", status: 429, message: "Insufficient balance" },
  },
  "reports a prompt that was filtered": {
    status: 400,
    json: { contentFilter: [{ level: 1, role: "user" }], error: { code: "1301", message: "No" } },
    expect: { error: "filtered", status: 400, message: "No" },
  },
});
