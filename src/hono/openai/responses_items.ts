/** Converts the input items of the Responses API to messages. */
import type { PromptMessage, PromptPart } from "../../call/options/prompt_parts.ts";
import { isRecord } from "../../model/check_options.ts";
import { toImagePart } from "./image_part.ts";
import { invalidField, unsupportedField } from "./request_problem.ts";

type Item = Readonly<Record<string, unknown>>;

const ROLES = new Map<unknown, PromptMessage["role"]>([
  ["system", "system"],
  ["developer", "system"],
  ["user", "user"],
  ["assistant", "assistant"],
]);

/**
 * Converts the input of a request: a text, or a list of items.
 *
 * @throws {Problem} If it is not valid or not supported.
 */
export function toConversation(input: unknown): readonly PromptMessage[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidField("must be a string or a list of items", "input");
  }
  return joinToolCalls(input.flatMap((item, i) => toMessages(item, i)));
}

function toMessages(item: unknown, i: number): PromptMessage[] {
  if (!isRecord(item)) throw invalidField("must be an item", "input", i);
  switch (item.type ?? "message") {
    case "message":
      return [toMessage(item, i)];
    case "function_call":
      return [toToolCall(item, i)];
    case "function_call_output":
      return [toToolResult(item, i)];
    case "reasoning":
      // Only the server that sent it can read it.
      return [];
    case "item_reference":
      throw unsupportedField(
        "must not refer to stored items, as none are stored: send the items themselves, which " +
          "clients do with `store: false`",
        "input",
        i,
      );
    default:
      throw unsupportedField(
        'must be items of the type "message", "function_call", "function_call_output" or ' +
          '"reasoning"',
        "input",
        i,
        "type",
      );
  }
}

function toMessage({ role, content }: Item, i: number): PromptMessage {
  const known = ROLES.get(role);
  if (known === undefined) {
    throw invalidField('must be "system", "developer", "user" or "assistant"', "input", i, "role");
  }
  return { role: known, content: toContent(content, i, "content") };
}

function toToolCall({ call_id: id, name, arguments: args }: Item, i: number): PromptMessage {
  if (typeof id !== "string" || typeof name !== "string" || typeof args !== "string") {
    throw invalidField("must have the strings call_id, name and arguments", "input", i);
  }
  return { role: "assistant", content: "", toolCalls: [{ id, name, args }] };
}

function toToolResult({ call_id: toolCallId, output }: Item, i: number): PromptMessage {
  if (typeof toolCallId !== "string") {
    throw invalidField("must be the ID of a function call", "input", i, "call_id");
  }
  return { role: "tool", toolCallId, content: toContent(output, i, "output") };
}

function toContent(content: unknown, i: number, field: string): string | PromptPart[] {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) {
    throw invalidField("must be a string or a list of parts", "input", i, field);
  }
  return content.map((part, n) => toPart(part, i, field, n));
}

function toPart(part: unknown, i: number, field: string, n: number): PromptPart {
  const path = ["input", i, field, n] as const;
  if (!isRecord(part)) throw invalidField("must be a part", ...path);
  const { type, text, refusal, image_url: image, file_data: data, file_url: url } = part;
  switch (type) {
    case "input_text":
    case "output_text":
      if (typeof text === "string") return { type: "text", text };
      break;
    case "refusal":
      if (typeof refusal === "string") return { type: "text", text: refusal };
      break;
    case "input_image":
      if (typeof image === "string") return toImagePart(image, part.detail, ...path);
      break;
    case "input_file": {
      const source = data ?? url;
      const { filename: name } = part;
      if (typeof source === "string") {
        return { type: "file", url: source, ...(typeof name === "string" && { name }) };
      }
    }
  }
  if (part.file_id !== undefined && part.file_id !== null) {
    throw unsupportedField("must have the content of the file, as no files are stored", ...path);
  }
  if (type === "input_audio") {
    throw unsupportedField("must not be audio, as agents take text, images and files", ...path);
  }
  throw invalidField(
    'must be a part of the type "input_text", "output_text", "refusal", "input_image" or ' +
      '"input_file", with its content',
    ...path,
  );
}

/** Joins tool calls with the message before them: they are items, but belong to one answer. */
function joinToolCalls(messages: readonly PromptMessage[]): PromptMessage[] {
  const joined: PromptMessage[] = [];
  for (const message of messages) {
    const last = joined.at(-1);
    if (message.toolCalls === undefined || last?.role !== "assistant") joined.push(message);
    else {
      const toolCalls = [...last.toolCalls ?? [], ...message.toolCalls];
      joined[joined.length - 1] = { ...last, toolCalls };
    }
  }
  return joined;
}
