/** Cloudflare Workers AI and its AI Gateway. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, DONE, USAGE, USED } from "../form.ts";

const output = {
  type: "object",
  properties: { answer: { type: "number" } },
  required: ["answer"],
} as const;
const exact = "12345678901234567890";

dialect("cloudflare", {
  "reads a typed answer that is an object in the place of its JSON": {
    json: chat({ content: { answer: 42 } }, "stop", { usage: USAGE }),
    events: [
      chunk({ role: "assistant", content: { answer: 42 } }, null),
      chunk({}, "stop", { usage: USAGE }),
      DONE,
    ],
    output,
    expect: { text: '{"answer":42}', content: { answer: 42 }, usage: USED },
    aiSdk: "its SDK requires content as a text",
  },
  "reads an object in the only event": {
    events: [chat({ content: { answer: 42 } }), DONE],
    output,
    expect: { text: '{"answer":42}', content: { answer: 42 } },
    aiSdk: "its SDK ignores messages in events",
  },
  "keeps the digits of numbers in such an object": {
    text: JSON.stringify(chat({ content: { answer: 0 } })).replace(
      '"answer":0',
      `"answer":${exact}`,
    ),
    headers: { "content-type": "application/json" },
    expect: { text: `{"answer":${exact}}` },
    aiSdk: "its SDK requires content as a text",
  },
  "reads a typed answer that is a list": {
    json: chat({ content: [{ answer: 42 }] }),
    events: [chunk({ content: [{ answer: 42 }] }, "stop"), DONE],
    output: { type: "array", items: output },
    expect: { text: '[{"answer":42}]', content: [{ answer: 42 }] },
    aiSdk: "its SDK requires content as a text",
  },
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads a typed answer that is a number, with its digits": {
    text: JSON.stringify(chat({ content: 0 })).replace('"content":0', `"content":${exact}`),
    headers: { "content-type": "application/json" },
    expect: { text: exact },
    aiSdk: "its SDK requires content as a text",
  },
  "reads a stream with the usage in each event": {
    events: [
      chunk({ content: "forty" }, null, { usage: { ...USAGE, completion_tokens: 1 } }),
      chunk({ content: "-two" }, null, { usage: { ...USAGE, completion_tokens: 4 } }),
      chunk({}, "stop", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads a list of errors": {
    status: 400,
    json: {
      success: false,
      result: null,
      errors: [{ code: 5006, message: "required properties are missing" }, { message: "too long" }],
      messages: [],
    },
    expect: {
      error: "provider",
      status: 400,
      message: "required properties are missing; too long",
    },
  },
  "reads a list of errors with status 200": {
    json: { success: false, errors: [{ code: 401, message: "Authentication error" }] },
    expect: { error: "provider", status: 401, message: "Authentication error" },
  },
  "does not quote an error page": {
    status: 524,
    text: "<!DOCTYPE html>\n<html><head><title>x | 524: A timeout occurred</title></head></html>",
    headers: { "content-type": "text/html" },
    expect: {
      error: "provider",
      status: 524,
      retryable: true,
      message: 'an HTML page with the title "x | 524: A timeout occurred"',
    },
  },
  "reports a page with status 200": {
    text: "<html><head><title>Sign in</title></head><body>Welcome</body></html>",
    headers: { "content-type": "text/html" },
    expect: {
      error: "provider",
      retryable: true,
      message: 'an HTML page with the title "Sign in"',
    },
    aiSdk: "its SDK does not say what it received",
  },
});
