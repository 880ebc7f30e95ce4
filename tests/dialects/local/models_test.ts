/** Typed answers as small models write them, whatever the server: both APIs, JSON and events. */
import { dialect } from "../harness.ts";
import { answer, event, type Form, message, response } from "../form.ts";

const output = {
  type: "object",
  properties: { answer: { type: "number" }, sure: { type: "boolean" } },
  required: ["answer"],
} as const;

/** The texts, and the content that they stand for. */
const TEXTS: Readonly<Record<string, readonly [text: string, content: unknown]>> = {
  "JSON in a JSON string": ['"{\\"answer\\":42}"', { answer: 42 }],
  "a list around the object": ['[{"answer":42}]', { answer: 42 }],
  "numbers and booleans as texts": ['{"answer":"42","sure":"true"}', { answer: 42, sure: true }],
  "JSON in a block of code": ['Here it is:\n```json\n{"answer":42}\n```', { answer: 42 }],
  "JSON after thoughts": ['<think>A {question}.</think>\n{"answer":42}', { answer: 42 }],
  "a number with more digits than a number has": [
    '{"answer":1234567890123456789}',
    { answer: 1234567890123456789n },
  ],
};

function responsesAnswer(text: string): Pick<Form, "api" | "json" | "events"> {
  const complete = response([message(text)]);
  return {
    api: "responses",
    json: complete,
    events: [
      event("response.created", { response: response([], { status: "in_progress" }) }),
      event("response.output_text.delta", { item_id: "msg_1", output_index: 0, delta: text }),
      event("response.completed", { response: complete }),
    ],
  };
}

for (const [name, [text, content]] of Object.entries(TEXTS)) {
  dialect("models", {
    [`reads ${name} in Chat Completions`]: {
      ...answer(text, "stop"),
      output,
      expect: { text, content },
    },
    [`reads ${name} in the Responses API`]: {
      ...responsesAnswer(text),
      output,
      expect: { text, content },
      aiSdk: {},
    },
  });
}
