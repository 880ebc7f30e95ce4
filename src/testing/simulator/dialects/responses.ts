/** Formats answers for the Responses API: as a JSON object, or as the events of a stream. */
import { argumentsText, type CompleteAnswer } from "../answer.ts";
import type { SimulatorRequest } from "../request_types.ts";
import { type Dialect, splitText, type StreamEvents, type StreamOptions } from "./dialect.ts";

type Item = Record<string, unknown>;

/** The format of the Responses API. */
export const responsesDialect: Dialect = {
  json: (request, answer, { isEmpty }) => {
    return JSON.stringify(responseOf(request, answer, isEmpty ? [] : itemsOf(request, answer)));
  },
  events,
  errorEvent: event({
    type: "error",
    code: "server_error",
    message: "The server had an error while processing your request.",
    param: null,
    sequence_number: 0,
  }),
  errorBody: JSON.stringify({
    object: "response",
    status: "failed",
    error: {
      code: "server_error",
      message: "The server had an error while processing your request.",
    },
    output: [],
  }),
};

/** Returns the response object; without an `answer`, the one that opens a stream. */
function responseOf(
  request: SimulatorRequest,
  answer: CompleteAnswer | undefined,
  output: Item[],
): Item {
  const { body } = request;
  const reason = answer && reasonOf(answer);
  return {
    id: `resp_sim${request.index}`,
    object: "response",
    created_at: Math.floor(Date.now() / 1000),
    status: answer === undefined
      ? "in_progress"
      : reason === undefined
      ? "completed"
      : "incomplete",
    error: null,
    incomplete_details: reason === undefined ? null : { reason },
    instructions: body.instructions ?? null,
    max_output_tokens: body.max_output_tokens ?? null,
    model: request.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: null,
    reasoning: body.reasoning ?? { effort: null, summary: null },
    store: body.store ?? true,
    temperature: body.temperature ?? 1,
    text: body.text ?? { format: { type: "text" } },
    tool_choice: body.tool_choice ?? "auto",
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    usage: answer === undefined ? null : usageOf(answer),
  };
}

/** Returns why an answer is incomplete, if it is. */
function reasonOf({ finishReason }: CompleteAnswer): string | undefined {
  if (finishReason === "length") return "max_output_tokens";
  return finishReason === "stop" || finishReason === "tool_calls" ? undefined : finishReason;
}

function usageOf({ inputTokens, outputTokens }: CompleteAnswer): Item {
  return {
    input_tokens: inputTokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: outputTokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: inputTokens + outputTokens,
  };
}

function itemsOf({ index, body }: SimulatorRequest, answer: CompleteAnswer): Item[] {
  const items: Item[] = [];
  if (Array.isArray(body.include) && body.include.includes("reasoning.encrypted_content")) {
    const encrypted_content = `thoughts${index}`;
    items.push({ id: `rs_sim${index}`, type: "reasoning", summary: [], encrypted_content });
  }
  const { content, refusal } = answer;
  const parts = [
    ...(content === null ? [] : [{ type: "output_text", text: content, annotations: [] }]),
    ...(refusal === null ? [] : [{ type: "refusal", refusal }]),
  ];
  const status = reasonOf(answer) === undefined ? "completed" : "incomplete";
  if (parts.length > 0 || answer.toolCalls.length === 0) {
    const id = `msg_sim${index}`;
    items.push({ id, type: "message", role: "assistant", status, content: parts });
  }
  for (const [i, call] of answer.toolCalls.entries()) {
    items.push({
      id: `fc_sim${index}_${i}`,
      type: "function_call",
      status,
      call_id: call.id ?? `call_sim${index}_${i}`,
      name: call.name,
      arguments: argumentsText(call),
    });
  }
  return items;
}

function event(value: { type: string } & Item): string {
  return `event: ${value.type}\ndata: ${JSON.stringify(value)}\n\n`;
}

function events(
  request: SimulatorRequest,
  answer: CompleteAnswer,
  { chunkSize, isEmpty }: StreamOptions,
): StreamEvents {
  let sequence_number = 0;
  const format = (type: string, more: Item) =>
    event({ type, sequence_number: sequence_number++, ...more });
  const items = isEmpty ? [] : itemsOf(request, answer);
  const created = responseOf(request, undefined, []);
  const deltas: string[] = [];
  // Other events are sent with the next delta: only deltas have tokens.
  let pending = format("response.created", { response: created }) +
    format("response.in_progress", { response: created });
  const addDelta = (text: string) => {
    deltas.push(pending + text);
    pending = "";
  };
  for (const [output_index, item] of items.entries()) {
    const at = { item_id: item.id, output_index };
    const open = { ...item, status: "in_progress" };
    if (item.type === "function_call") {
      const opened = { ...open, arguments: "" };
      pending += format("response.output_item.added", { output_index, item: opened });
      for (const delta of splitText(String(item.arguments), chunkSize)) {
        addDelta(format("response.function_call_arguments.delta", { ...at, delta }));
      }
      const whole = { ...at, name: item.name, arguments: item.arguments };
      pending += format("response.function_call_arguments.done", whole);
    } else if (item.type === "message") {
      const opened = { ...open, content: [] };
      pending += format("response.output_item.added", { output_index, item: opened });
      for (const [content_index, part] of (item.content as Item[]).entries()) {
        const [name, member] = part.type === "refusal"
          ? ["refusal", "refusal"]
          : ["output_text", "text"];
        const here = { ...at, content_index };
        const text = String(part[member!]);
        const added = { ...here, part: { ...part, [member!]: "" } };
        pending += format("response.content_part.added", added);
        for (const delta of splitText(text, chunkSize)) {
          addDelta(format(`response.${name}.delta`, { ...here, delta }));
        }
        pending += format(`response.${name}.done`, { ...here, [member!]: text }) +
          format("response.content_part.done", { ...here, part });
      }
    } else pending += format("response.output_item.added", { output_index, item: open });
    pending += format("response.output_item.done", { output_index, item });
  }
  const response = responseOf(request, answer, items);
  const closing = format(`response.${response.status}`, { response });
  if (deltas.length === 0) return { deltas: [pending], closing };
  return { deltas, closing: pending + closing };
}
