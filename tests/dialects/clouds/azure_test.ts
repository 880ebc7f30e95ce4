/** Azure OpenAI and Azure AI Foundry. */
import { dialect } from "../harness.ts";
import { chat, chunk, DONE, USAGE, USED } from "../form.ts";

const safe = { hate: { filtered: false, severity: "safe" } };
const prompt_filter_results = [{ prompt_index: 0, content_filter_results: safe }];

dialect("azure", {
  "reads a text among the results of filters": {
    json: {
      ...chat({ content: "forty-two" }, "stop", { prompt_filter_results, usage: USAGE }),
    },
    events: [
      { id: "", object: "", model: "", choices: [], prompt_filter_results },
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "forty-two" }),
      {
        choices: [{ index: 0, delta: {}, finish_reason: null, content_filter_results: safe }],
      },
      chunk({}, "stop", { usage: USAGE }),
      DONE,
    ],
    expect: { text: "forty-two", usage: USED },
  },
  "reports a whole answer that was filtered, once": {
    json: {
      id: "1",
      object: "chat.completion",
      prompt_filter_results,
      choices: [{
        index: 0,
        finish_reason: "content_filter",
        content_filter_results: { violence: { filtered: true, severity: "high" } },
      }],
      usage: USAGE,
    },
    expect: { finishReason: "content_filter", error: "filtered", usage: USED },
    // Its SDK rejects the response. Its usage is not reported.
    aiSdk: { finishReason: undefined, usage: undefined },
  },
  "reports an answer that was filtered in the middle": {
    json: chat({ content: "forty" }, "content_filter", { usage: USAGE }),
    events: [chunk({ content: "forty" }), chunk({}, "content_filter", { usage: USAGE }), DONE],
    expect: { text: "forty", finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "reports a prompt that was filtered, once": {
    status: 400,
    json: {
      error: {
        message: "The response was filtered due to the prompt triggering the content policy",
        type: null,
        param: "prompt",
        code: "content_filter",
        status: 400,
        innererror: { code: "ResponsibleAIPolicyViolation", content_filter_result: safe },
      },
    },
    expect: { error: "filtered", status: 400, message: "The response was filtered" },
  },
  "recognizes the filter by the inner error": {
    status: 400,
    json: {
      error: {
        message: "Not this",
        code: "BadRequest",
        innererror: { code: "ResponsibleAIPolicyViolation" },
      },
    },
    expect: { error: "filtered", status: 400 },
  },
  "learns the name of the maximum number of tokens for a renamed deployment": {
    json: chat({ content: "forty-two" }, "stop", { usage: USAGE }),
    settings: { maxTokens: 9 },
    rejects: {
      max_tokens: {
        status: 400,
        json: {
          error: {
            message: "Unsupported parameter: 'max_tokens' is not supported with this model. " +
              "Use 'max_completion_tokens' instead.",
            type: "invalid_request_error",
            param: "max_tokens",
            code: "unsupported_parameter",
          },
        },
      },
    },
    expect: {
      text: "forty-two",
      sent: { max_tokens: undefined, max_completion_tokens: 9 },
    },
    aiSdk: "its SDK does not rename fields",
  },
  "sends the newer name to a deployment that is named like its model": {
    json: chat({ content: "forty-two" }, "stop", { usage: USAGE }),
    model: "gpt-5-mini",
    settings: { maxTokens: 9 },
    expect: {
      text: "forty-two",
      sent: { max_tokens: undefined, max_completion_tokens: 9 },
    },
    aiSdk: { sent: undefined },
  },
  "reads resets in milliseconds": {
    json: chat({ content: "forty-two" }, "stop", { usage: USAGE }),
    headers: {
      "x-ratelimit-limit-requests": "120",
      "x-ratelimit-remaining-requests": "119",
      "x-ratelimit-reset-requests": "500",
      "x-ratelimit-renewalperiod-requests": "60",
    },
    expect: {
      text: "forty-two",
      rates: { requests: { limit: 120, remaining: 119, resetMs: 500, periodMs: 60_000 } },
    },
  },
  "reads resets of AI Foundry in seconds": {
    json: chat({ content: "forty-two" }, "stop", { usage: USAGE }),
    headers: {
      "x-ratelimit-limit-requests": "120",
      "x-ratelimit-remaining-requests": "60",
      "x-ratelimit-reset-requests": "30",
    },
    expect: {
      text: "forty-two",
      rates: { requests: { limit: 120, remaining: 60, resetMs: 30_000 } },
    },
  },
  "waits for a reset in milliseconds": {
    status: 429,
    headers: {
      "x-ratelimit-limit-requests": "120",
      "x-ratelimit-remaining-requests": "0",
      "x-ratelimit-reset-requests": "45000",
      "x-ratelimit-renewalperiod-requests": "60",
    },
    json: { error: { code: "429", message: "Requests have exceeded the rate limit" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 45_000 },
  },
  "does not retry a deployment that does not exist": {
    status: 404,
    json: { error: { code: "DeploymentNotFound", message: "The deployment does not exist" } },
    expect: { error: "provider", status: 404, message: "The deployment does not exist" },
  },
  "retries when the deployment is too busy": {
    status: 429,
    headers: { "retry-after-ms": "0", "retry-after": "1" },
    json: { error: { code: "429", message: "Requests have exceeded the rate limit" } },
    expect: { error: "rate_limited", status: 429, retryable: true, retryAfterMs: 0 },
  },
  "keeps the reason of the gateway": {
    status: 401,
    json: { statusCode: 401, message: "Access denied due to invalid subscription key" },
    expect: { error: "provider", status: 401, message: "Access denied due to invalid" },
  },
});
