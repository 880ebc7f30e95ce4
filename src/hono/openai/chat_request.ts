/** The body of a chat completion, as an agent is called: its last message is what is asked, those before it are the conversation. */
import type { CallOptions } from "../../call/options/options.ts";
import {
  messagesProblem,
  type PromptMessage,
  type PromptPart,
} from "../../call/options/prompt_parts.ts";
import { isRecord } from "../../model/check_options.ts";
import { Problem } from "../problem.ts";
import type { ServedAgent } from "../served_agent.ts";

/** A chat completion, checked. */
export interface ChatRequest {
  /** The name of the agent. */
  readonly model: string;
  /** The last message. */
  readonly message: string | readonly PromptPart[];
  /** The conversation before it, and the settings that the client chooses. */
  readonly options: CallOptions;
  /** Does the client want the answer piece by piece? */
  readonly stream: boolean;
  /** Does it want to know what a streamed answer has used? */
  readonly includeUsage: boolean;
  /** Does it want JSON? */
  readonly wantsJson: boolean;
}

/**
 * Checks the body. What only changes the wording of an answer and is not known here is passed over; what would change its meaning is
 * refused.
 *
 * @throws {Problem} If it is no chat completion, or asks for what agents cannot do.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  if (!isRecord(body)) throw wrong("the body must be an object");
  const { model, messages, stream, stream_options, response_format, n, tools, functions } = body;
  if (typeof model !== "string") throw wrong("must be the name of an agent", "model");
  if (!Array.isArray(messages) || messages.length === 0) {
    throw wrong("must be a list of messages", "messages");
  }
  if (n !== undefined && n !== null && n !== 1) throw unsupported("an agent gives one answer", "n");
  if (isFilled(tools) || isFilled(functions)) {
    throw unsupported("an agent has tools of its own, which run where it does", "tools");
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw wrong("must be true or false", "stream");
  }
  const last = messages.at(-1);
  if (!isRecord(last) || last.role !== "user") {
    throw wrong("the last message must be the user's", "messages", messages.length - 1);
  }
  const said = messages.map(messageOf);
  const problem = messagesProblem(said);
  if (problem !== undefined) throw wrong(problem, "messages");
  return {
    model,
    message: said.at(-1)!.content,
    options: {
      ...settingsOf(body),
      ...(said.length > 1 && { messages: said.slice(0, -1) }),
    },
    stream: stream === true,
    includeUsage: isRecord(stream_options) && stream_options.include_usage === true,
    wantsJson: isRecord(response_format) && response_format.type !== "text",
  };
}

/**
 * The parameters that the last message stands for: the only one that the agent has; or, if it has several, those that the message names as
 * JSON. `undefined` if it is no parameters, but may be asked in the place of the agent's prompt.
 *
 * @throws {Problem} If the agent cannot be asked otherwise.
 */
export function paramsFromMessage(
  agent: ServedAgent,
  message: string | readonly PromptPart[],
): unknown {
  const names = Object.keys((agent.paramsSchema()?.properties ?? {}) as object);
  const text = typeof message === "string" ? message : textOf(message);
  if (text !== undefined) {
    const json = objectIn(text);
    if (json !== undefined && names.length > 0 && names.some((name) => Object.hasOwn(json, name))) {
      return json;
    }
    if (names.length === 1) return { [names[0]!]: text };
    if (names.length === 0 && !agent.callsModel) return json ?? { input: text };
  }
  if (agent.callsModel) return undefined;
  throw wrong(
    names.length > 1
      ? `the last message must be a JSON object with ${names.map((n) => `"${n}"`).join(", ")}`
      : "the last message must be a text",
    "messages",
  );
}

function messageOf(message: unknown, i: number): PromptMessage {
  if (!isRecord(message)) throw wrong("must be a message", "messages", i);
  const { role, content, tool_calls, tool_call_id } = message;
  // OpenAI's newer word for the system.
  const known = role === "developer" ? "system" : role;
  if (known !== "system" && known !== "user" && known !== "assistant" && known !== "tool") {
    throw wrong(
      'must be "system", "developer", "user", "assistant" or "tool"',
      "messages",
      i,
      "role",
    );
  }
  if (known === "tool" && typeof tool_call_id !== "string") {
    throw wrong("must be the id of what the tool was called by", "messages", i, "tool_call_id");
  }
  const toolCalls = Array.isArray(tool_calls) ? tool_calls.map((call) => toolCallOf(call, i)) : [];
  return {
    role: known,
    content: contentOf(content, i, toolCalls.length > 0),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(typeof tool_call_id === "string" && { toolCallId: tool_call_id }),
  };
}

function toolCallOf(call: unknown, i: number): { id: string; name: string; args: string } {
  const { id, function: fn } = isRecord(call) ? call : {};
  const { name, arguments: args } = isRecord(fn) ? fn : {};
  if (typeof id !== "string" || typeof name !== "string" || typeof args !== "string") {
    throw wrong("must have an id and a function", "messages", i, "tool_calls");
  }
  return { id, name, args };
}

function contentOf(content: unknown, i: number, mayBeAbsent: boolean): string | PromptPart[] {
  if (typeof content === "string") return content;
  if (mayBeAbsent && (content === null || content === undefined)) return "";
  if (!Array.isArray(content)) {
    throw wrong("must be a text or a list of parts", "messages", i, "content");
  }
  return content.map((part): PromptPart => {
    if (isRecord(part)) {
      const { type, text, image_url, file } = part;
      if (type === "text" && typeof text === "string") return { type, text };
      if (type === "image_url" && isRecord(image_url) && typeof image_url.url === "string") {
        return { type: "image", url: image_url.url };
      }
      if (type === "file" && isRecord(file) && typeof file.file_data === "string") {
        const name = typeof file.filename === "string" ? file.filename : undefined;
        return { type: "file", url: file.file_data, ...(name !== undefined && { name }) };
      }
    }
    throw wrong("must be text, image_url or file", "messages", i, "content");
  });
}

function textOf(parts: readonly PromptPart[]): string | undefined {
  const texts = parts.map((part) => part.type === "text" ? part.text : undefined);
  return texts.includes(undefined) ? undefined : texts.join("\n");
}

function objectIn(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const EFFORTS: readonly unknown[] = ["none", "minimal", "low", "medium", "high", "xhigh"];

/** The settings that are set, checked: what is handed on must be what it says. */
function settingsOf(body: Readonly<Record<string, unknown>>): CallOptions {
  const settings: Record<string, unknown> = {};
  const take = (
    from: string,
    to: string,
    must: string,
    test: (value: unknown) => boolean,
  ): void => {
    const value = body[from];
    if (value === undefined || value === null) return;
    if (!test(value)) throw wrong(`must be ${must}`, from);
    settings[to] = value;
  };
  const isNumber = Number.isFinite as (value: unknown) => boolean;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
  const isText = (value: unknown) => typeof value === "string";
  take("temperature", "temperature", "a number", isNumber);
  take("top_p", "topP", "a number", isNumber);
  take("seed", "seed", "a number", isNumber);
  take("max_tokens", "maxTokens", "a positive integer", isCount);
  take("max_completion_tokens", "maxTokens", "a positive integer", isCount);
  take(
    "stop",
    "stop",
    "a text or a list of texts",
    (value) => isText(value) || Array.isArray(value) && value.every(isText),
  );
  take("reasoning_effort", "reasoningEffort", "an effort", (value) => EFFORTS.includes(value));
  return settings;
}

function isFilled(list: unknown): boolean {
  return list !== undefined && list !== null && !(Array.isArray(list) && list.length === 0);
}

function wrong(message: string, ...path: PropertyKey[]): Problem {
  return new Problem(422, "invalid_request", "Cannot answer the chat completion", {
    issues: [{ message, path }],
  });
}

function unsupported(message: string, ...path: PropertyKey[]): Problem {
  return new Problem(400, "unsupported", "Cannot do that here", { issues: [{ message, path }] });
}
