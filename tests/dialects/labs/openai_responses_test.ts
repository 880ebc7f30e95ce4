/** OpenAI and others: the Responses API. */
import { dialect } from "../harness.ts";
import { DONE, event, type Form, message, response } from "../form.ts";

const api = "responses";
const USED = { inputTokens: 12, outputTokens: 5 };

/** The same response in both ways; `events` come before the last one. */
function both(
  complete: Readonly<Record<string, unknown>>,
  ...events: readonly string[]
): Pick<Form, "api" | "json" | "events"> {
  const last = event(`response.${complete.status}`, { response: complete });
  return {
    api,
    json: complete,
    events: [event("response.created", { response: {} }), ...events, last],
  };
}

function textDelta(delta: string, output_index: number): string {
  return event("response.output_text.delta", { output_index, content_index: 0, delta });
}

const thought = {
  type: "reasoning",
  id: "rs_1",
  summary: [{ type: "summary_text", text: "A well-known question." }],
};
const add = { type: "function_call", id: "fc_1", call_id: "a", name: "add", arguments: '{"n":1}' };

dialect("openai responses", {
  "reads a text, its reasoning and usage": {
    ...both(
      response([thought, message("forty-two")]),
      event("response.output_item.added", { output_index: 0, item: { type: "reasoning" } }),
      event("response.reasoning_summary_text.delta", { delta: "A well-known " }),
      event("response.reasoning_summary_text.delta", { delta: "question." }),
      textDelta("forty", 1),
      textDelta("-two", 1),
    ),
    expect: { text: "forty-two", reasoning: "A well-known question.", usage: USED },
  },
  "separates a commentary from the final answer": {
    ...both(
      response([
        message("Let me think.", { phase: "commentary" }),
        message("forty-two", { phase: "final_answer" }),
      ]),
      textDelta("Let me ", 0),
      textDelta("think.", 0),
      textDelta("forty-", 1),
      textDelta("two", 1),
    ),
    expect: { text: "Let me think.\n\nforty-two" },
  },
  "reads a typed answer after a commentary": {
    ...both(
      response([message("Let me think."), message('{"answer":42}')]),
      textDelta("Let me think.", 0),
      textDelta('{"answer":42}', 1),
    ),
    output: { type: "object", properties: { answer: { type: "number" } }, required: ["answer"] },
    expect: { text: 'Let me think.\n\n{"answer":42}', content: { answer: 42 } },
  },
  "reads tool calls that are streamed": {
    ...both(
      response([add]),
      event("response.output_item.added", { output_index: 0, item: { ...add, arguments: "" } }),
      event("response.function_call_arguments.delta", { output_index: 0, delta: '{"n"' }),
      event("response.function_call_arguments.delta", { output_index: 0, delta: ":1}" }),
    ),
    expect: { toolCalls: [["add", { n: 1 }]], usage: USED },
  },
  "ignores unknown items and events": {
    ...both(
      response([{ type: "web_search_call", id: "ws_1" }, { type: "new" }, message("forty-two")]),
      event("response.web_search_call.searching", { output_index: 0 }),
      event("response.new.thing", { delta: "x" }),
      event("keepalive", { sequence_number: 3 }),
      textDelta("forty-two", 2),
    ),
    expect: { text: "forty-two" },
  },
  "fails on a call of a custom tool": {
    ...both(response([{ type: "custom_tool_call", call_id: "a", name: "write", input: "x" }])),
    expect: { error: "provider", retryable: true, usage: USED },
  },
  "fails on a call without a name": {
    ...both(response([{ ...add, name: null }])),
    expect: { error: "provider", retryable: true, usage: USED },
  },
  "does not run tool calls that were cut off": {
    ...both(response([{ ...add, arguments: '{"n"' }], {
      status: "incomplete",
      incomplete_details: { reason: "max_output_tokens" },
    })),
    expect: {
      toolCalls: [["add", '{"n"']],
      finishReason: "length",
      error: "truncated",
      requests: 1,
    },
  },
  "reports a filtered response, once": {
    ...both(
      response([], { status: "incomplete", incomplete_details: { reason: "content_filter" } }),
    ),
    expect: { finishReason: "content_filter", error: "filtered", usage: USED },
  },
  "does not retry a context that is too long": {
    ...both(response([], {
      status: "failed",
      error: { code: "context_length_exceeded", message: "The input is too long" },
    })),
    expect: { error: "provider", message: "The input is too long", usage: USED },
  },
  "retries a failure of the server": {
    ...both(response([], {
      status: "failed",
      error: { code: "server_error", message: "It broke" },
    })),
    expect: { error: "provider", retryable: true, message: "It broke", usage: USED },
  },
  "recognizes a rate limit without a status": {
    api,
    events: [
      event("response.created", { response: response([], { status: "in_progress" }) }),
      event("error", { code: "rate_limit_exceeded", message: "Slow down", param: null }),
    ],
    expect: { error: "rate_limited", retryable: true, message: "Slow down" },
  },
  "reads an error event with a nested error": {
    api,
    events: [
      event("error", {
        error: { type: "invalid_request_error", code: "invalid_prompt", message: "Not this" },
      }),
    ],
    expect: { error: "provider", message: "Not this" },
  },
  "does not request a queued response again": {
    api,
    json: response([], { status: "queued", background: true, usage: null }),
    expect: { error: "provider", message: 'the server\'s response is "queued"' },
  },
  "does not request a queued response again, of which the stream ended": {
    api,
    events: [
      event("response.queued", { response: response([], { status: "queued", usage: null }) }),
    ],
    expect: { error: "provider", message: 'the server\'s response is "queued"' },
  },
  "reads a refusal that only the deltas have": {
    api,
    events: [
      event("response.refusal.delta", { output_index: 0, delta: "Not " }),
      event("response.refusal.delta", { output_index: 0, delta: "this." }),
      event("response.completed", { response: response([]) }),
    ],
    expect: { refusal: "Not this.", error: "filtered", usage: USED },
  },
  "reads arguments that arrive at once": {
    api,
    events: [
      event("response.output_item.added", { output_index: 0, item: { ...add, arguments: "" } }),
      event("response.function_call_arguments.done", { output_index: 0, arguments: '{"n":1}' }),
      event("response.completed", { response: response([]) }),
    ],
    expect: { toolCalls: [["add", { n: 1 }]], usage: USED },
  },
  "reads content in the form of Chat Completions": {
    api,
    json: response([
      message("", { content: "forty-two" }),
      message("", { content: [{ type: "text", text: "in all" }] }),
    ]),
    expect: { text: "forty-two\n\nin all", usage: USED },
  },
  "does not request a response in progress again": {
    api,
    json: response([], { status: "in_progress", usage: null }),
    expect: { error: "provider", message: "in_progress" },
  },
  "reports a stream without its last event as truncated": {
    api,
    events: [textDelta("forty", 0), DONE],
    expect: { error: "truncated", retryable: true, text: "forty" },
  },
});
