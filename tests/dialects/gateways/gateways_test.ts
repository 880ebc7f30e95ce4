/** LiteLLM, Portkey, Kong, nginx, Envoy, and other servers between us and the model. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, USAGE, USED } from "../form.ts";

const { json, events } = answer("forty-two", "stop");
const eventText = events!.map((one) =>
  typeof one === "string" ? one : `data: ${JSON.stringify(one)}\n\n`
).join("");

dialect("gateways", {
  "reads JSON whose content type says events": {
    json,
    headers: { "content-type": "text/event-stream" },
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK goes by what was requested",
  },
  "reads events whose content type says JSON": {
    text: eventText,
    headers: { "content-type": "application/json" },
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK goes by what was requested",
  },
  "reads events without a content type, after a byte order mark and comments": {
    text: `\ufeff: hello\n\n:\n\n${eventText}`,
    headers: { "content-type": "text/plain; charset=utf-8" },
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK goes by what was requested",
  },
  "reads a complete message as the only event": {
    events: [chat({ content: "forty-two" }), DONE],
    expect: { text: "forty-two" },
    aiSdk: "its SDK ignores messages in events",
  },
  "reads messages that repeat the text until now": {
    events: [
      { choices: [{ index: 0, message: { content: "for" } }] },
      { choices: [{ index: 0, message: { content: "forty-" } }] },
      { choices: [{ index: 0, message: { content: "forty-two" }, finish_reason: "stop" }] },
    ],
    expect: { text: "forty-two" },
    aiSdk: "its SDK ignores messages in events",
  },
  "reads CRLF, pings, empty data and blanks after [DONE]": {
    events: [
      "retry: 3000\n\n",
      "event: ping\ndata: {}\n\n",
      "event: ping\ndata: now\n\n",
      "data:\n\n",
      "data: \n\n",
      `data:${JSON.stringify(chunk({ content: "forty-two" }))}\n\n`,
      "id: 7\nevent: message\n",
      chunk({}, "stop"),
      "data: [DONE] \n\n",
    ],
    expect: { text: "forty-two" },
    aiSdk: "its SDK fails on empty data",
  },
  "reads compressed answers": {
    json,
    events,
    headers: { "content-encoding": "gzip" },
    expect: { text: "forty-two", usage: USED },
  },
  "reads deltas whose role, content and tool calls are null": {
    events: [
      { choices: [], usage: null },
      chunk({ role: null, content: null, tool_calls: null }),
      chunk({ role: null, content: "forty-two", tool_calls: null }),
      chunk({ content: null }, "stop"),
      chunk({}, "stop"),
      { choices: [], usage: USAGE },
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads tool calls without indexes, whose ids are empty or null": {
    json: chat(
      { content: null, tool_calls: [call("", "add", '{"n":1}'), call(null, "now", null)] },
      "tool_calls",
    ),
    events: [
      chunk({ tool_calls: [call("", "add", '{"n"')] }),
      chunk({ tool_calls: [call("", null, ":1}")] }),
      chunk({ tool_calls: [call(null, "now", null)] }),
      chunk({}, "tool_calls"),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }], ["now", {}]] },
    aiSdk: "its SDK requires ids, indexes and arguments",
  },
  "keeps the digits of arguments that are an object": {
    text: JSON.stringify(chat({ tool_calls: [call("a", "add", { n: 0 })] }, "tool_calls"))
      .replace('"n":0', '"n":1234567890123456789'),
    headers: { "content-type": "application/json" },
    expect: { toolCalls: [["add", { n: 1234567890123456789n }]] },
    aiSdk: "its SDK requires arguments as a text",
  },
  "reads events that cut a character": {
    ...answer("zweiundvierzig – 四十二 😀", "stop"),
    expect: { text: "zweiundvierzig – 四十二 😀", usage: USED },
  },
  "does not follow a redirect": {
    status: 307,
    text: "",
    headers: { location: "https://example.com/v1/chat/completions" },
    expect: {
      error: "provider",
      status: 307,
      message: "the server redirects requests to https://example.com/v1/chat/completions",
    },
    aiSdk: "its SDK follows redirects",
  },
  "retries the statuses of proxies": {
    status: 520,
    text: "error code: 520",
    expect: { error: "provider", status: 520, retryable: true, message: "error code: 520" },
  },
  "reads a JSON error with status 200 to any request": {
    json: { error: { message: "Budget exceeded", type: "budget", code: "400" } },
    expect: { error: "provider", status: 400, message: "Budget exceeded" },
  },
  "reads an error as a text": {
    json: { error: "model overloaded" },
    expect: { error: "provider", retryable: true, message: "model overloaded" },
  },
  "reads an error event with a text": {
    events: [chunk({ content: "for" }), "event: error\ndata: upstream went away\n\n"],
    expect: { error: "provider", retryable: true, text: "for", message: "upstream went away" },
    aiSdk: { message: [], text: undefined },
  },
  "reads a status beside a detail": {
    json: { status: 429, detail: "Too many requests" },
    headers: { "retry-after": "2" },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 2000 },
  },
  "reads problem details": {
    status: 422,
    headers: { "content-type": "application/problem+json" },
    json: { type: "about:blank", title: "Unprocessable", status: 422, detail: "n is too large" },
    expect: { error: "provider", status: 422, message: "n is too large" },
  },
  "reads a plain text": {
    status: 503,
    text: "upstream connect error or disconnect/reset before headers",
    expect: { error: "provider", status: 503, retryable: true, message: "upstream connect error" },
  },
  "reads an empty body": {
    status: 502,
    text: "",
    expect: { error: "provider", status: 502, retryable: true },
  },
  "reads an error as a short text beside a longer message": {
    status: 400,
    json: { statusCode: 400, error: "Bad Request", message: ["a is missing", "b is missing"] },
    expect: { error: "provider", status: 400, message: "400: a is missing; b is missing" },
  },
  "does not pass the prompt on": {
    status: 400,
    json: { error: { message: "Invalid: What is the answer?" } },
    expect: { error: "provider", status: 400, message: "Invalid: [prompt]" },
  },
});
