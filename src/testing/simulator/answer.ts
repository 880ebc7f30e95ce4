/**
 * Makes the answer of the simulated model: from the `respond` function, a schema, a tool call, or
 * a generic text.
 */
import { fitSchema } from "./schema/fit_schema.ts";
import { genericText } from "./schema/schema_values.ts";
import { readFormat, schemaInInstructions } from "./response_format.ts";
import type {
  SimulatorAnswer,
  SimulatorMessage,
  SimulatorRequest,
  SimulatorTool,
  SimulatorToolCall,
} from "./request_types.ts";

/** An answer with every field filled in. */
export interface CompleteAnswer {
  content: string | null;
  refusal: string | null;
  toolCalls: readonly SimulatorToolCall[];
  finishReason: string;
  inputTokens: number;
  outputTokens: number;
}

type Respond = (
  r: SimulatorRequest,
) => string | SimulatorAnswer | Promise<string | SimulatorAnswer>;

/**
 * Makes the answer to a request.
 *
 * @throws {TypeError} If `respond` returns neither a string nor an object.
 */
export async function makeAnswer(
  request: SimulatorRequest,
  respond?: Respond,
): Promise<CompleteAnswer> {
  const returned = respond ? await respond(request) : genericAnswer(request);
  const answer: SimulatorAnswer = typeof returned === "string" ? { content: returned } : returned;
  if (typeof answer !== "object" || answer === null) {
    throw new TypeError(
      "Cannot answer as respond must return a string or an object with content",
    );
  }
  const toolCalls = answer.toolCalls ?? [];
  let content = answer.content ?? null;
  let finishReason = answer.finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
  const { maxTokens } = readFormat(request.body);
  if (!respond && content !== null && content.length > maxTokens * 4) {
    content = content.slice(0, maxTokens * 4);
    finishReason = "length";
  }
  return {
    content,
    refusal: null,
    toolCalls,
    finishReason,
    inputTokens: answer.usage?.inputTokens ?? promptTokens(request),
    outputTokens: answer.usage?.outputTokens ??
      textTokens(content ?? "") +
        toolCalls.reduce((sum, call) => sum + textTokens(argumentsText(call)) + 4, 0),
  };
}

/** Estimates the tokens of a text: one for every 4 characters. */
export function textTokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** Returns the arguments of a tool call as they are sent. */
export function argumentsText(call: SimulatorToolCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {});
}

/** Returns the text of a message, whose content may be a string or an array of parts. */
export function messageText(message: SimulatorMessage | undefined): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => typeof part?.text === "string" ? part.text : "").join("");
}

/** Estimates the tokens of all messages. */
export function promptTokens(request: SimulatorRequest): number {
  return request.messages.reduce((sum, message) => sum + textTokens(messageText(message)), 0);
}

function genericAnswer(request: SimulatorRequest): string | SimulatorAnswer {
  const { body, messages, text } = request;
  const instructions = messages.filter((message) => /system|developer/.test(message.role))
    .map(messageText).join("\n");
  const { type, schema = schemaInInstructions(instructions) } = readFormat(body);
  const toolResults = messages.slice(
    messages.findLastIndex((message) => message.role !== "tool") + 1,
  );
  const tools = toolResults.length > 0 ? [] : toolsToCall(request);
  if (tools.length > 0) {
    const toolCalls = tools.map(({ name, parameters }) => ({
      name,
      arguments: fitSchema(parameters ?? {}, text),
    }));
    return { content: null, toolCalls };
  }
  if (type === "json_schema" || schema) return JSON.stringify(fitSchema(schema ?? {}, text));
  if (type === "json_object") return JSON.stringify({ answer: genericText(text) });
  if (toolResults.length === 1) return `The tool returned: ${messageText(toolResults[0])}`;
  if (toolResults.length > 1) {
    return `The tools returned: ${toolResults.map(messageText).join("; ")}`;
  }
  return genericText(text);
}

/** Returns the tools that the client requires, or else those that the last user message names. */
function toolsToCall({ body, tools, text }: SimulatorRequest): readonly SimulatorTool[] {
  const { toolChoice } = readFormat(body);
  if (toolChoice === "none") return [];
  const named = tools.filter(({ name }) =>
    (typeof toolChoice === "object" ? toolChoice.name : text).split(/[^\w-]+/).includes(name)
  );
  return toolChoice === "required" && named.length === 0 ? tools.slice(0, 1) : named;
}
