/** OpenRouter. */
import { dialect } from "../harness.ts";
import { chat, chunk, DONE, USAGE, USED } from "../form.ts";

const comment = ": OPENROUTER PROCESSING\n\n";

dialect("openrouter", {
  "reads a stream among comments": {
    events: [
      comment,
      comment,
      chunk({ role: "assistant", content: "" }),
      comment,
      chunk({ content: "forty-two" }),
      chunk({ content: "" }, "stop", { native_finish_reason: "stop" }),
      chunk({ role: "assistant", content: "" }, null, { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reads a complete response after blank lines": {
    text: `\n         \n\n${JSON.stringify(chat({ content: "forty-two" }))}`,
    headers: { "content-type": "application/json" },
    expect: { text: "forty-two" },
  },
  "reads reasoning and its details": {
    json: chat({
      content: "forty-two",
      reasoning: "A question.",
      reasoning_details: [{ type: "reasoning.text", text: "A question.", index: 0 }],
    }),
    events: [
      chunk({ content: "", reasoning: "A ", reasoning_details: [{ text: "A " }] }),
      chunk({ content: "", reasoning: "question." }),
      chunk({ content: "forty-two" }),
      chunk({}, "stop"),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
  "counts [DONE] as the end, without a finish reason": {
    events: [chunk({ content: "forty" }), chunk({ content: "-two" }), DONE],
    expect: { text: "forty-two" },
    aiSdk: "its SDK reports a stream without a reason as truncated",
  },
  "retries an error of the provider in the middle, which is billed": {
    events: [
      chunk({ role: "assistant", content: "for" }),
      {
        ...chunk({ content: "" }, "error", { usage: USAGE }),
        error: { code: 502, message: "Provider disconnected" },
      },
    ],
    expect: {
      error: "provider",
      status: 502,
      retryable: true,
      text: "for",
      usage: USED,
      message: "Provider disconnected",
    },
    aiSdk: { usage: undefined },
  },
  "retries a choice with an error, with no or half a text": {
    json: {
      ...chat({ content: "" }, "error", { usage: USAGE }),
      choices: [{
        index: 0,
        finish_reason: "error",
        message: { role: "assistant", content: "for" },
        error: { code: 502, message: "Upstream error", metadata: { provider_name: "Some" } },
      }],
    },
    events: [
      chunk({ content: "for" }),
      {
        usage: USAGE,
        choices: [{
          index: 0,
          finish_reason: "error",
          delta: { content: "" },
          error: { code: 502, message: "Upstream error", metadata: { provider_name: "Some" } },
        }],
      },
      DONE,
    ],
    expect: {
      error: "provider",
      status: 502,
      retryable: true,
      text: "for",
      usage: USED,
      message: "Upstream error (Some)",
    },
    // Its SDK ignores the error of a choice.
    aiSdk: { status: undefined, text: undefined, usage: undefined, message: [] },
  },
  "bills an error with usage, and reads an error of a choice as a text": {
    json: {
      ...chat({ content: "" }, "stop", { usage: USAGE }),
      choices: [{ index: 0, finish_reason: "stop", message: { content: "" }, error: "It broke" }],
    },
    expect: { error: "provider", retryable: true, usage: USED, message: "It broke" },
    aiSdk: { usage: undefined },
  },
  "does not retry a choice whose error is final": {
    json: {
      ...chat({ content: "" }, "error"),
      choices: [{
        index: 0,
        finish_reason: "error",
        message: { role: "assistant", content: "" },
        error: { code: 400, message: "The prompt is too long" },
      }],
    },
    expect: { error: "provider", status: 400, message: "The prompt is too long" },
  },
  "uses the status in the body": {
    json: { error: { code: 400, message: "m is not a valid model" }, user_id: "u" },
    expect: { error: "provider", status: 400, message: "m is not a valid model" },
  },
  "recognizes a rate limit with status 200, and its wait": {
    headers: { "retry-after": "3" },
    json: { error: { code: 429, message: "Rate limited upstream" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 3000 },
  },
  "keeps the reason of the provider": {
    status: 400,
    json: {
      error: {
        code: 400,
        message: "Provider returned error",
        metadata: {
          raw: '{"error":{"message":"max_tokens is too large","code":"invalid_value"}}',
          provider_name: "Some",
        },
      },
    },
    expect: {
      error: "provider",
      status: 400,
      message: "Provider returned error: max_tokens is too large (Some)",
    },
  },
  "keeps a reason of the provider that is not JSON": {
    status: 503,
    json: {
      error: {
        code: 503,
        message: "Provider returned error",
        metadata: { raw: "no healthy upstream", provider_name: "Some" },
      },
    },
    expect: {
      error: "provider",
      status: 503,
      retryable: true,
      message: "Provider returned error: no healthy upstream (Some)",
    },
  },
  "reports a prompt that moderation flagged": {
    status: 403,
    json: {
      error: {
        code: 403,
        message: "Input was flagged",
        metadata: { reasons: ["violence"], flagged_input: "What is", provider_name: "Some" },
      },
    },
    expect: { error: "filtered", status: 403, message: "Input was flagged" },
  },
  "does not retry an account without credits": {
    status: 402,
    json: { error: { code: 402, message: "Insufficient credits" } },
    expect: { error: "provider", status: 402, message: "Insufficient credits" },
  },
});
