/** xAI. */
import { dialect } from "../harness.ts";
import { answer, chat, chunk, DONE, event, response, USED } from "../form.ts";

const thought = { type: "reasoning", id: "rs_1", summary: [], encrypted_content: "gAAAA" };
const add = { type: "function_call", id: "fc_1", call_id: "a", name: "add", arguments: '{"n":1}' };
const toolCallResponse = response([thought, add]);

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
  "reads thoughts that are only in the total, and the cost": {
    ...answer("forty-two", "stop", {
      usage: {
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 334,
        completion_tokens_details: { reasoning_tokens: 320 },
        cost_in_usd_ticks: 25_000_000,
      },
    }),
    expect: {
      text: "forty-two",
      usage: { inputTokens: 12, outputTokens: 322, reasoningTokens: 320, totalTokens: 334 },
      cost: 0.0025,
    },
  },
  "reports limits without a reset": {
    ...answer("forty-two", "stop"),
    headers: {
      "x-ratelimit-limit-requests": "480",
      "x-ratelimit-remaining-requests": "479",
      "x-ratelimit-limit-tokens": "2000000",
      "x-ratelimit-remaining-tokens": "1999000",
    },
    expect: {
      text: "forty-two",
      rates: {
        requests: { limit: 480, remaining: 479 },
        tokens: { limit: 2_000_000, remaining: 1_999_000 },
      },
    },
  },
  "requests the encrypted reasoning of tool calls, and sends it back": {
    api: "responses",
    model: "grok-4",
    json: toolCallResponse,
    events: [
      event("response.created", { response: response([], { status: "in_progress" }) }),
      event("response.output_item.done", { output_index: 0, item: thought }),
      event("response.output_item.done", { output_index: 1, item: add }),
      event("response.completed", { response: toolCallResponse }),
    ],
    expect: {
      toolCalls: [["add", { n: 1 }]],
      sent: { store: false, include: ["reasoning.encrypted_content"] },
      sentBack: [thought, add],
    },
  },
  "learns that a model has no encrypted reasoning": {
    api: "responses",
    model: "grok-3",
    json: response([add]),
    rejects: {
      include: {
        status: 400,
        json: {
          code: "Client specified an invalid argument",
          error: "Argument not supported on this model: include",
        },
      },
    },
    expect: {
      toolCalls: [["add", { n: 1 }]],
      sent: { include: undefined },
      sentBack: [{ type: "function_call", call_id: "a", name: "add", arguments: '{"n":1}' }],
    },
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
