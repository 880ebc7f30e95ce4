/**
 * What the simulated model says to a request: by the user's function, by the schema, by a tool, or by the lexicon.
 */
import { answerTask, readTask } from "../../../examples/_lexicon/task.ts";
import { fitSchema } from "./schema/fit_schema.ts";
import { toldSchema, wantsOf } from "./response_format.ts";
import type {
  SimulatorAnswer,
  SimulatorMessage,
  SimulatorRequest,
  SimulatorTool,
  SimulatorToolCall,
} from "./request_types.ts";

/** A complete answer. */
export interface Answer {
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

/** Works out the answer. */
export async function answer(request: SimulatorRequest, respond?: Respond): Promise<Answer> {
  const given = respond ? await respond(request) : byLexicon(request);
  const said: SimulatorAnswer = typeof given === "string" ? { content: given } : given;
  if (typeof said !== "object" || said === null) {
    throw new TypeError("Cannot answer as respond must give a text or an object with content");
  }
  const toolCalls = said.toolCalls ?? [];
  let content = said.content ?? null;
  let finishReason = said.finishReason ?? (toolCalls.length > 0 ? "tool_calls" : "stop");
  const { most } = wantsOf(request.body);
  if (!respond && content !== null && content.length > most * 4) {
    content = content.slice(0, most * 4);
    finishReason = "length";
  }
  return {
    content,
    refusal: null,
    toolCalls,
    finishReason,
    inputTokens: said.usage?.inputTokens ?? promptTokens(request),
    outputTokens: said.usage?.outputTokens ??
      tokens(content ?? "") +
        toolCalls.reduce((sum, call) => sum + tokens(argumentText(call)) + 4, 0),
  };
}

/** The plain estimate: a token for each 4 characters. */
export function tokens(text: string): number {
  return Math.ceil(text.length / 4);
}

/** The arguments of a tool call as they go over the wire. */
export function argumentText(call: SimulatorToolCall): string {
  return typeof call.arguments === "string" ? call.arguments : JSON.stringify(call.arguments ?? {});
}

/** The text of a message, whose content may be a text or a list of parts. */
export function textOf(message: SimulatorMessage | undefined): string {
  const content = message?.content;
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part) => typeof part?.text === "string" ? part.text : "").join("");
}

/** What the messages cost. */
export function promptTokens(request: SimulatorRequest): number {
  return request.messages.reduce((sum, message) => sum + tokens(textOf(message)), 0);
}

function byLexicon(request: SimulatorRequest): string | SimulatorAnswer {
  const { body, messages } = request;
  const system = messages.filter((message) => /system|developer/.test(message.role)).map(textOf)
    .join("\n");
  const task = readTask(system, request.text);
  const { format, schema = toldSchema(system) } = wantsOf(body);
  const told = messages.slice(messages.findLastIndex((message) => message.role !== "tool") + 1);
  const wanted = told.length > 0 ? [] : wantedTools(request);
  if (wanted.length > 0) {
    const toolCalls = wanted.map(({ name, parameters }) => ({
      name,
      arguments: fitSchema(parameters ?? {}, task),
    }));
    return { content: null, toolCalls };
  }
  if (format === "json_schema" || schema) return JSON.stringify(fitSchema(schema ?? {}, task));
  if (format === "json_object") {
    return JSON.stringify({ [task.kind === "other" ? "answer" : task.kind]: answerTask(task) });
  }
  if (told.length === 1) return `The tool says: ${textOf(told[0])}`;
  if (told.length > 1) return `The tools say: ${told.map(textOf).join("; ")}`;
  return answerTask(task);
}

/** The tools that the client insists on, or else those that the user names. */
function wantedTools({ body, tools, text }: SimulatorRequest): readonly SimulatorTool[] {
  const { tool } = wantsOf(body);
  if (tool === "none") return [];
  const named = tools.filter(({ name }) =>
    (typeof tool === "object" ? tool.name : text).split(/[^\w-]+/).includes(name)
  );
  return tool === "required" && named.length === 0 ? tools.slice(0, 1) : named;
}
