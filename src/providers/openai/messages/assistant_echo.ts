/**
 * Keeps what came with tool calls and must be sent back with them.
 *
 * Chat Completions has no field for the reasoning of a model, so each server adds its own:
 * `reasoning_content` (DeepSeek, Kimi), `reasoning_details` (OpenRouter), thinking parts in the
 * content (Mistral), and a signature in the `extra_content` of a tool call (Gemini). Most of them
 * reject tool results without it, others reject fields that they did not send. So exactly what came
 * is sent back, and only to the server and model that it came from.
 */
import { isRecord } from "../../../model/check_options.ts";
import type { ToolRequest } from "../../../model/message.ts";
import { mergeDelta, mergeFields } from "./merge_delta.ts";
import type { ReplySource } from "../reasoning_items.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What to send back with a message of the assistant. Plain JSON, so that it can be stored. */
export interface AssistantEcho extends ReplySource {
  /** The fields of the message. */
  readonly message: Fields;
  /** The fields of each tool call, by its index. */
  readonly calls: readonly Fields[];
}

/** Matches the names of the fields that hold reasoning, or prove it. */
export const ECHOED_FIELDS =
  /^(?:reasoning|thinking|thought)|signature$|^(?:extra_content|provider_specific_fields)$/;

/** Returns the fields of a message or a tool call that must be sent back. */
export function pickEchoed(value: object | null | undefined): Fields | undefined {
  let fields: Record<string, unknown> | undefined;
  for (const name in value) {
    if (name === "content" || name === "role") continue; // the members of most deltas
    const field = (value as Fields)[name];
    // An empty text counts: some servers require even that.
    if (field === null || field === undefined || !ECHOED_FIELDS.test(name)) continue;
    (fields ??= {})[name] = field;
  }
  return fields;
}

/** Collects what must be sent back, from a complete message or from the deltas of a stream. */
export class EchoCollector {
  #fields: Fields | undefined;
  #parts: readonly unknown[] | undefined;

  /**
   * Adds a message, or a delta of one.
   *
   * @param text The text of the earlier deltas.
   */
  add(message: object | null | undefined, text = ""): void {
    const fields = pickEchoed(message);
    if (fields !== undefined) this.#fields = mergeFields(this.#fields ?? {}, fields);
    const content = (message as { content?: unknown } | null | undefined)?.content;
    if (Array.isArray(content)) this.#addParts(content, text);
    else if (this.#parts !== undefined && typeof content === "string" && content !== "") {
      this.#addParts([{ type: "text", text: content }], "");
    }
  }

  /** Only content with thinking parts is kept as it came: the text of any other is enough. */
  #addParts(content: readonly unknown[], text: string): void {
    if (this.#parts === undefined) {
      if (!content.some((part) => isRecord(part) && part.type === "thinking")) return;
      this.#parts = text === "" ? [] : [{ type: "text", text }];
    }
    this.#parts = mergeDelta(this.#parts, content) as readonly unknown[];
  }

  /**
   * Returns what to send back, or `undefined` if the messages are enough. Replies without tool
   * calls need nothing: some servers reject the reasoning of earlier turns.
   *
   * @param callFields The fields of each tool call that must be sent back, if any.
   */
  data(
    source: ReplySource,
    calls: readonly ToolRequest[] | undefined,
    callFields: readonly (Fields | undefined)[],
  ): AssistantEcho | undefined {
    if (calls === undefined) return undefined;
    const content = this.#parts === undefined ? undefined : { content: this.#parts };
    const hasFields = callFields.some((fields) => fields !== undefined);
    if (this.#fields === undefined && content === undefined && !hasFields) return undefined;
    return {
      server: source.server,
      model: source.model,
      message: { ...this.#fields, ...content },
      calls: calls.map((_, i) => callFields[i] ?? {}),
    };
  }
}

/** Returns what to send back with a message, if it came from this server and model. */
export function restoreEcho(data: unknown, target: ReplySource): AssistantEcho | undefined {
  if (!isRecord(data) || data.server !== target.server || data.model !== target.model) {
    return undefined;
  }
  return isRecord(data.message) && Array.isArray(data.calls)
    ? data as unknown as AssistantEcho
    : undefined;
}
