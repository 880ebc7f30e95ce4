/**
 * What the simulated model says to a request: by the user's function, by the schema, by a tool, or by the lexicon.
 */
import { answerTask, readTask } from "./_lexicon_task.ts";
import { fitSchema } from "./_simulator_schema.ts";
import type {
  SimulatorAnswer,
  SimulatorMessage,
  SimulatorRequest,
  SimulatorToolCall,
} from "./_simulator_options.ts";

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
  const most = Number(request.body.max_completion_tokens ?? request.body.max_tokens ?? Infinity);
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
  const last = messages.at(-1);
  if (last?.role !== "tool") {
    const tool = wantedTool(body);
    if (tool) {
      return {
        content: null,
        toolCalls: [{ name: tool.name, arguments: fitSchema(tool.parameters ?? {}, task) }],
      };
    }
  }
  const format = body.response_format as
    | { type?: unknown; json_schema?: { schema?: unknown } }
    | undefined;
  if (format?.type === "json_schema") {
    return JSON.stringify(fitSchema(format.json_schema?.schema ?? {}, task));
  }
  if (format?.type === "json_object") {
    return JSON.stringify({ [task.kind === "other" ? "answer" : task.kind]: answerTask(task) });
  }
  if (last?.role === "tool") return `The tool says: ${textOf(last)}`;
  return answerTask(task);
}

/** The tool that the client insists on, if it does. */
function wantedTool(
  body: SimulatorRequest["body"],
): { name: string; parameters?: unknown } | undefined {
  if (!Array.isArray(body.tools)) return undefined;
  const tools = body.tools.map((tool) => tool?.function as { name: string; parameters?: unknown });
  const choice = body.tool_choice as string | { function?: { name?: unknown } } | undefined;
  if (choice === "required") return tools[0];
  const name = typeof choice === "object" ? choice?.function?.name : undefined;
  return typeof name === "string" ? tools.find((tool) => tool?.name === name) : undefined;
}
