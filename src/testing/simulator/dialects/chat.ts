/** Formats answers for Chat Completions: as a JSON object, or as the events of a stream. */
import { argumentsText, type CompleteAnswer } from "../answer.ts";
import type { SimulatorRequest } from "../request_types.ts";
import {
  type Dialect,
  type FormatOptions,
  splitText,
  type StreamEvents,
  type StreamOptions,
} from "./dialect.ts";

/** The fields that every chunk of an answer repeats. */
interface Frame {
  id: string;
  object: string;
  created: number;
  model: string;
  system_fingerprint: string;
}

function frame(request: SimulatorRequest, object: string): Frame {
  return {
    id: `chatcmpl-sim${request.index}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: request.model,
    system_fingerprint: "fp_simulator",
  };
}

function usageOf(answer: CompleteAnswer): Record<string, unknown> {
  return {
    prompt_tokens: answer.inputTokens,
    completion_tokens: answer.outputTokens,
    total_tokens: answer.inputTokens + answer.outputTokens,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: 0,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function toolCallsOf(request: SimulatorRequest, answer: CompleteAnswer): Record<string, unknown>[] {
  return answer.toolCalls.map((call, i) => ({
    id: call.id ?? `call_sim${request.index}_${i}`,
    type: "function",
    function: { name: call.name, arguments: argumentsText(call) },
  }));
}

/** Returns the body of a plain answer. */
function jsonBody(
  request: SimulatorRequest,
  answer: CompleteAnswer,
  { isEmpty }: FormatOptions,
): string {
  const calls = toolCallsOf(request, answer);
  const message = {
    role: "assistant",
    content: answer.content,
    refusal: answer.refusal,
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  };
  const choice = { index: 0, message, logprobs: null, finish_reason: answer.finishReason };
  return JSON.stringify({
    ...frame(request, "chat.completion"),
    choices: isEmpty ? [] : [choice],
    usage: usageOf(answer),
  });
}

/** Formats an event of a stream. */
function event(value: unknown): string {
  return `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;
}

/** Returns the events of a streamed answer. */
function streamEvents(
  request: SimulatorRequest,
  answer: CompleteAnswer,
  { chunkSize, isEmpty }: StreamOptions,
): StreamEvents {
  const base = frame(request, "chat.completion.chunk");
  const options = request.body.stream_options as { include_usage?: unknown } | undefined;
  const counts = options?.include_usage === true;
  const rest = counts ? { usage: null } : {};
  const chunk = (delta: Record<string, unknown>, finish_reason: string | null = null): string =>
    event({ ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason }], ...rest });
  const usage = counts ? event({ ...base, choices: [], usage: usageOf(answer) }) : "";
  if (isEmpty) {
    return { deltas: [event({ ...base, choices: [], ...rest })], closing: `${usage}${DONE}` };
  }

  const opening = chunk({
    role: "assistant",
    content: answer.content === null ? null : "",
    refusal: null,
  });
  const deltas = [
    ...splitText(answer.content ?? "", chunkSize).map((content) => chunk({ content })),
    ...splitText(answer.refusal ?? "", chunkSize).map((refusal) => chunk({ refusal })),
  ];
  for (const [index, call] of toolCallsOf(request, answer).entries()) {
    const { name, arguments: text } = call.function as { name: string; arguments: string };
    const head = { ...call, index, function: { name, arguments: "" } };
    deltas.push(chunk({ tool_calls: [head] }));
    for (const part of splitText(text, chunkSize)) {
      deltas.push(chunk({ tool_calls: [{ index, function: { arguments: part } }] }));
    }
  }
  // The role is sent with the first delta: the time to the first token is that of the headers.
  deltas[0] = opening + (deltas[0] ?? "");
  return { deltas, closing: `${chunk({}, answer.finishReason)}${usage}${DONE}` };
}

const DONE = event("[DONE]");

const MIDSTREAM_ERROR = {
  error: {
    message: "The server had an error while processing your request.",
    type: "server_error",
    param: null,
    code: "server_error",
  },
};

/** The format of Chat Completions. */
export const chatDialect: Dialect = {
  json: jsonBody,
  events: streamEvents,
  errorEvent: event(MIDSTREAM_ERROR),
  errorBody: JSON.stringify(MIDSTREAM_ERROR),
};
