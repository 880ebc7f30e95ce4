/** vLLM, and servers derived from it. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, DONE, USED } from "../form.ts";

const badRequest = {
  object: "error",
  message: "This model's maximum context length is 4096 tokens",
  type: "BadRequestError",
  param: null,
  code: 400,
};

dialect("vllm", {
  "reads a text with a null for each member that is not set": {
    json: chat({
      content: "forty-two",
      refusal: null,
      annotations: null,
      audio: null,
      function_call: null,
      tool_calls: [],
      reasoning_content: null,
    }),
    events: [
      chunk({ role: "assistant", content: "" }, null, { usage: null }),
      chunk({ content: "forty-two", tool_calls: null, reasoning_content: null }),
      { ...chunk({ content: "" }, "stop"), stop_reason: null },
      DONE,
    ],
    expect: { text: "forty-two", reasoning: undefined },
  },
  "reads a text": { ...answer("forty-two", "stop"), expect: { text: "forty-two", usage: USED } },
  "retries an aborted request": {
    ...answer("for", "abort"),
    expect: { error: "provider", retryable: true, text: "for", usage: USED },
  },
  "does not retry a bad request": {
    status: 400,
    json: badRequest,
    expect: { error: "provider", status: 400, message: "maximum context length" },
  },
  "does not retry a bad request with status 200": {
    json: badRequest,
    expect: { error: "provider", status: 400, message: "maximum context length" },
  },
  "does not retry a bad request in a stream": {
    events: [chunk({ role: "assistant", content: "" }), badRequest, DONE],
    expect: { error: "provider", status: 400, message: "maximum context length" },
  },
  "does not retry a bad request in an object in a stream": {
    events: [{ error: badRequest }, DONE],
    expect: { error: "provider", status: 400, message: "maximum context length" },
  },
  "does not quote the input of a validation error": {
    status: 400,
    json: {
      error: {
        message: "1 validation error:\n  {'loc': ('body', 'n'), 'msg': 'Input should be valid', " +
          "[type=int_type, input_value='What is', input_type=str]",
        type: "Bad Request",
        code: 400,
      },
    },
    expect: {
      error: "provider",
      status: 400,
      message: "'Input should be valid', [type=int_type, input_type=str]",
    },
  },
  "reads a detail": {
    status: 404,
    json: { detail: "Not Found" },
    expect: { error: "provider", status: 404, message: "the server answered 404: Not Found" },
  },
  "reads reasoning_content, or reasoning": {
    json: chat({
      content: "forty-two",
      reasoning: "A question.",
      reasoning_content: "A question.",
    }),
    events: [
      chunk({ reasoning: "A ", reasoning_content: "A " }),
      chunk({ reasoning: "question." }),
      chunk({ content: "forty-two" }, "stop"),
      DONE,
    ],
    expect: { text: "forty-two", reasoning: "A question." },
  },
});
