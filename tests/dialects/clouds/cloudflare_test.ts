/** Cloudflare Workers AI and its AI Gateway. */
import { dialect } from "../harness.ts";
import { answer, chunk, DONE, USAGE, USED } from "../form.ts";

dialect("cloudflare", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
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
