/** Parses the body of a chat completion. */
import { isRecord } from "../../model/check_options.ts";
import type { AgentRequest } from "./agent_request.ts";
import { toPromptMessage } from "./chat_messages.ts";
import { checkFields } from "./check_fields.ts";
import { CHAT_FIELDS, rejectClientTools } from "./field_rules.ts";
import { invalidField } from "./request_problem.ts";
import { CHAT_SETTINGS, toCallSettings } from "./request_settings.ts";

/** A validated request for a chat completion. */
export interface ChatRequest extends AgentRequest {
  /** Whether a streamed answer ends with its usage. */
  readonly includeUsage: boolean;
}

/**
 * Parses and validates the body.
 *
 * @throws {Problem} If it is not valid, or needs a feature that agents do not have.
 */
export function parseChatRequest(body: unknown): ChatRequest {
  if (!isRecord(body)) throw invalidField("the body must be an object");
  const { model, messages, stream, stream_options: streamOptions } = body;
  if (typeof model !== "string") throw invalidField("must be the name of an agent", "model");
  if (!Array.isArray(messages) || messages.length === 0) {
    throw invalidField("must be a list of messages", "messages");
  }
  checkFields(body, CHAT_FIELDS);
  rejectClientTools("tools", body.tools, body.tool_choice);
  rejectClientTools("functions", body.functions, body.function_call);
  return {
    model,
    messages: messages.map(toPromptMessage),
    field: "messages",
    settings: toCallSettings(body, CHAT_SETTINGS),
    stream: stream === true,
    includeUsage: isRecord(streamOptions) && streamOptions.include_usage === true,
    ...(asksForJson(body.response_format, "response_format") && { jsonField: "response_format" }),
  };
}

const FORMATS: readonly unknown[] = ["text", "json_object", "json_schema"];

/**
 * Whether the format of an answer is JSON. A schema is not compared: the agent's own applies.
 *
 * @throws {Problem} If there is no such format.
 */
export function asksForJson(format: unknown, ...path: string[]): boolean {
  if (format === undefined || format === null) return false;
  if (!isRecord(format) || !FORMATS.includes(format.type)) {
    throw invalidField('must have the type "text", "json_schema" or "json_object"', ...path);
  }
  return format.type !== "text";
}
