/** xAI. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, DONE, USED } from "../form.ts";

dialect("xai", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads reasoning": {
    json: chat({ content: "forty-two", reasoning_content: "A question.", refusal: null }),
    events: [
      chunk({ role: "assistant", reasoning_content: "A question." }),
      chunk({ content: "forty-two" }, "stop"),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "reads a code in words and an error as a text": {
    status: 400,
    json: {
      code: "Client specified an invalid argument",
      error: "The model m does not support images",
    },
    expect: { error: "provider", status: 400, message: "The model m does not support images" },
  },
  "does not retry a team without credits": {
    status: 403,
    json: { code: "The caller does not have permission", error: "Your team has no credits" },
    expect: { error: "provider", status: 403, message: "Your team has no credits" },
  },
});
