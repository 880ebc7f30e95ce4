/** Parses the body of a chat completion: the last message is for the agent, the rest is history. */
import type { CallOptions } from "../../call/options/options.ts";
import {
  messagesProblem,
  type PromptMessage,
  type PromptPart,
} from "../../call/options/prompt_parts.ts";
import { isRecord } from "../../model/check_options.ts";
import { parseExact } from "../../model/exact_json.ts";
import { Problem } from "../problem.ts";
import type { ServedAgent } from "../served_agent.ts";

/** A validated request for a chat completion. */
export interface ChatRequest {
  /** The name of the agent. */
  readonly model: string;
  /** The last message. */
  readonly message: string | readonly PromptPart[];
  /** The messages before it, and the client's settings. */
  readonly options: CallOptions;
  /** Whether the answer is streamed. */
  readonly stream: boolean;
  /** Whether a streamed answer ends with its usage. */
  readonly includeUsage: boolean;
  /** Whether the answer must be JSON. */
  readonly wantsJson: boolean;
}

/**
 * Parses and validates the body. Unknown settings that only influence the wording of the answer are
 * ignored; those that would change its meaning are rejected.
 *
 * @throws {Problem} If it is not valid, or needs a feature that agents do not have.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  if (!isRecord(body)) throw invalid("the body must be an object");
  const { model, messages, stream, stream_options, response_format, n, tools, functions } = body;
  if (typeof model !== "string") throw invalid("must be the name of an agent", "model");
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalid("must be a list of messages", "messages");
  }
  if (n !== undefined && n !== null && n !== 1) {
    throw unsupported("must be 1, as an agent gives one answer", "n");
  }
  if (isNonEmpty(tools) || isNonEmpty(functions)) {
    throw unsupported("must be empty, as an agent has tools of its own", "tools");
  }
  if (stream !== undefined && stream !== null && typeof stream !== "boolean") {
    throw invalid("must be true or false", "stream");
  }
  const last = messages.at(-1);
  if (!isRecord(last) || last.role !== "user") {
    throw invalid('the last message must have the role "user"', "messages", messages.length - 1);
  }
  const parsed = messages.map(toPromptMessage);
  const problem = messagesProblem(parsed);
  if (problem !== undefined) throw invalid(problem, "messages");
  return {
    model,
    message: parsed.at(-1)!.content,
    options: {
      ...toSettings(body),
      ...(parsed.length > 1 && { messages: parsed.slice(0, -1) }),
    },
    stream: stream === true,
    includeUsage: isRecord(stream_options) && stream_options.include_usage === true,
    wantsJson: isRecord(response_format) && response_format.type !== "text",
  };
}

/**
 * Maps the last message to the agent's parameters. The text is the value of a single parameter;
 * several parameters must be a JSON object. Returns `undefined` if the message has no parameters
 * but can replace the agent's prompt.
 *
 * @throws {Problem} If the message has no parameters and cannot replace a prompt.
 */
export function paramsFromMessage(
  agent: ServedAgent,
  message: string | readonly PromptPart[],
): unknown {
  const names = Object.keys((agent.paramsSchema()?.properties ?? {}) as object);
  const text = typeof message === "string" ? message : textOf(message);
  if (text !== undefined) {
    const json = parseObject(text);
    if (json !== undefined && names.length > 0 && names.some((name) => Object.hasOwn(json, name))) {
      return json;
    }
    if (names.length === 1) return { [names[0]!]: text };
    if (names.length === 0 && !agent.callsModel) return json ?? { input: text };
  }
  if (agent.callsModel) return undefined;
  throw invalid(
    names.length > 1
      ? `the last message must be a JSON object with ${names.map((n) => `"${n}"`).join(", ")}`
      : "the last message must be text",
    "messages",
  );
}

function toPromptMessage(message: unknown, i: number): PromptMessage {
  if (!isRecord(message)) throw invalid("must be a message", "messages", i);
  const { role, content, tool_calls, tool_call_id } = message;
  // OpenAI's newer models call the system role "developer".
  const known = role === "developer" ? "system" : role;
  if (known !== "system" && known !== "user" && known !== "assistant" && known !== "tool") {
    throw invalid(
      'must be "system", "developer", "user", "assistant" or "tool"',
      "messages",
      i,
      "role",
    );
  }
  if (known === "tool" && typeof tool_call_id !== "string") {
    throw invalid("must be the ID of a tool call", "messages", i, "tool_call_id");
  }
  const toolCalls = Array.isArray(tool_calls) ? tool_calls.map((call) => toToolCall(call, i)) : [];
  return {
    role: known,
    content: toolCalls.length > 0 && (content === null || content === undefined)
      ? ""
      : toContent(content, i),
    ...(toolCalls.length > 0 && { toolCalls }),
    ...(typeof tool_call_id === "string" && { toolCallId: tool_call_id }),
  };
}

function toToolCall(call: unknown, i: number): { id: string; name: string; args: string } {
  const { id, function: fn } = isRecord(call) ? call : {};
  const { name, arguments: args } = isRecord(fn) ? fn : {};
  if (typeof id !== "string" || typeof name !== "string" || typeof args !== "string") {
    throw invalid(
      "must be a list of tool calls, each with an ID and a function",
      "messages",
      i,
      "tool_calls",
    );
  }
  return { id, name, args };
}

function toContent(content: unknown, i: number): string | PromptPart[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    throw invalid("must be a string or a list of parts", "messages", i, "content");
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
    throw invalid(
      'must be parts of the type "text", "image_url" or "file"',
      "messages",
      i,
      "content",
    );
  });
}

function textOf(parts: readonly PromptPart[]): string | undefined {
  const texts = parts.map((part) => part.type === "text" ? part.text : undefined);
  return texts.includes(undefined) ? undefined : texts.join("\n");
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = parseExact(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const EFFORTS: readonly unknown[] = ["none", "minimal", "low", "medium", "high", "xhigh"];

/** Maps the settings of the body to call options and validates them. */
function toSettings(body: Readonly<Record<string, unknown>>): CallOptions {
  const settings: Record<string, unknown> = {};
  const take = (
    field: string,
    option: string,
    expected: string,
    test: (value: unknown) => boolean,
  ): void => {
    const value = body[field];
    if (value === undefined || value === null) return;
    if (!test(value)) throw invalid(`must be ${expected}`, field);
    settings[option] = value;
  };
  const isNumber = Number.isFinite as (value: unknown) => boolean;
  const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) > 0;
  const isString = (value: unknown) => typeof value === "string";
  take("temperature", "temperature", "a number", isNumber);
  take("top_p", "topP", "a number", isNumber);
  take("seed", "seed", "a number", isNumber);
  take("max_tokens", "maxTokens", "a positive integer", isCount);
  take("max_completion_tokens", "maxTokens", "a positive integer", isCount);
  take(
    "stop",
    "stop",
    "a string or a list of strings",
    (value) => isString(value) || Array.isArray(value) && value.every(isString),
  );
  take(
    "reasoning_effort",
    "reasoningEffort",
    "one of " + EFFORTS.map((effort) => `"${effort}"`).join(", "),
    (value) => EFFORTS.includes(value),
  );
  return settings;
}

function isNonEmpty(list: unknown): boolean {
  return list !== undefined && list !== null && !(Array.isArray(list) && list.length === 0);
}

function invalid(message: string, ...path: PropertyKey[]): Problem {
  return new Problem(
    422,
    "invalid_request",
    "Cannot create the chat completion as the request is not valid",
    {
      issues: [{ message, path }],
    },
  );
}

function unsupported(message: string, ...path: PropertyKey[]): Problem {
  return new Problem(
    400,
    "unsupported",
    "Cannot create the chat completion as agents do not support all of it",
    { issues: [{ message, path }] },
  );
}
