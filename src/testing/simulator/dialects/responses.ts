/**
 * Writes an answer in the words of Responses: one JSON object, or the events of a stream.
 */
import { argumentsText, type CompleteAnswer } from "../answer.ts";
import type { SimulatorRequest } from "../request_types.ts";
import { type Dialect, splitText, type StreamEvents } from "./dialect.ts";

type Item = Record<string, unknown>;

/** How the Responses API puts it. */
export const responsesDialect: Dialect = {
  json: (request, answer, empty) => {
    return JSON.stringify(responseOf(request, answer, empty ? [] : itemsOf(request, answer)));
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

/** The whole answer; without `answer` as it is when it begins. */
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

/** Why it is not complete, if it is not. */
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
  size: number,
  empty: boolean,
): StreamEvents {
  let sequence_number = 0;
  const tell = (type: string, more: Item) =>
    event({ type, sequence_number: sequence_number++, ...more });
  const items = empty ? [] : itemsOf(request, answer);
  const begun = responseOf(request, undefined, []);
  const deltas: string[] = [];
  // What is between two pieces rides with the second: only pieces are tokens.
  let waiting = tell("response.created", { response: begun }) +
    tell("response.in_progress", { response: begun });
  const piece = (text: string) => {
    deltas.push(waiting + text);
    waiting = "";
  };
  for (const [output_index, item] of items.entries()) {
    const at = { item_id: item.id, output_index };
    const open = { ...item, status: "in_progress" };
    if (item.type === "function_call") {
      const said = { ...open, arguments: "" };
      waiting += tell("response.output_item.added", { output_index, item: said });
      for (const delta of splitText(String(item.arguments), size)) {
        piece(tell("response.function_call_arguments.delta", { ...at, delta }));
      }
      const whole = { ...at, name: item.name, arguments: item.arguments };
      waiting += tell("response.function_call_arguments.done", whole);
    } else if (item.type === "message") {
      const said = { ...open, content: [] };
      waiting += tell("response.output_item.added", { output_index, item: said });
      for (const [content_index, part] of (item.content as Item[]).entries()) {
        const [name, member] = part.type === "refusal"
          ? ["refusal", "refusal"]
          : ["output_text", "text"];
        const here = { ...at, content_index };
        const text = String(part[member!]);
        const opened = { ...here, part: { ...part, [member!]: "" } };
        waiting += tell("response.content_part.added", opened);
        for (const delta of splitText(text, size)) {
          piece(tell(`response.${name}.delta`, { ...here, delta }));
        }
        waiting += tell(`response.${name}.done`, { ...here, [member!]: text }) +
          tell("response.content_part.done", { ...here, part });
      }
    } else waiting += tell("response.output_item.added", { output_index, item: open });
    waiting += tell("response.output_item.done", { output_index, item });
  }
  const response = responseOf(request, answer, items);
  const closing = tell(`response.${response.status}`, { response });
  if (deltas.length === 0) return { deltas: [waiting], closing };
  return { deltas, closing: waiting + closing };
}
