/** Cohere's compatible endpoint. */
import { dialect } from "../harness.ts";
import { answer, call, chat, chunk, DONE, type Rejection, USAGE, USED } from "../form.ts";

/** The answer to a request with an unknown field. */
const unknownField = (name: string): Rejection => ({
  status: 422,
  json: {
    id: "1",
    message: `unknown field: parameter '${name}' is not a valid field. ` +
      "For proper usage, please refer to the documentation",
  },
});

dialect("cohere", {
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "reads COMPLETE as stop": { ...answer("forty-two", "COMPLETE"), expect: { text: "forty-two" } },
  "reads MAX_TOKENS as truncated": {
    ...answer("forty", "MAX_TOKENS"),
    expect: { text: "forty", finishReason: "length" },
  },
  "reads TOOL_CALL": {
    json: chat({ content: null, tool_calls: [call("a", "add", '{"n":1}')] }, "TOOL_CALL"),
    events: [
      chunk({ role: "assistant", tool_calls: [call("a", "add", "", { index: 0 })] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"n":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }),
      chunk({}, "TOOL_CALL", { usage: USAGE }),
      DONE,
    ],
    expect: { toolCalls: [["add", { n: 1 }]] },
  },
  "learns that stream_options are rejected": {
    ...answer("forty-two", "COMPLETE"),
    rejects: { stream_options: unknownField("stream_options") },
    expect: { text: "forty-two", usage: USED },
    aiSdk: "its SDK does not leave fields out",
  },
  "learns two rejected fields one after another": {
    ...answer("forty-two", "COMPLETE"),
    settings: { maxTokens: 9 },
    rejects: {
      stream_options: unknownField("stream_options"),
      max_tokens: unknownField("max_tokens"),
    },
    expect: { text: "forty-two", sent: { max_completion_tokens: 9 } },
    aiSdk: "its SDK does not leave fields out",
  },
  "retries ERROR": { ...answer("", "ERROR"), expect: { error: "provider", retryable: true } },
  "reads a message beside an id": {
    status: 400,
    json: { id: "1", message: "invalid request: model is required" },
    expect: { error: "provider", status: 400, message: "model is required" },
  },
  "does not retry a field of the user's that is unknown": {
    ...unknownField("logprobs"),
    settings: { extra: { logprobs: true } },
    expect: {
      error: "provider",
      status: 422,
      message: "parameter 'logprobs' is not a valid field",
    },
    aiSdk: "it refuses fields without the name of their provider, before it sends anything",
  },
  "reports the limit of a trial key": {
    status: 429,
    json: { id: "1", message: "You are using a Trial key, which is limited to 20 calls / minute" },
    expect: { error: "rate_limited", status: 429, retryable: true, message: "a Trial key" },
  },
});
