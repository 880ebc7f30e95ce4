/** Parses the body of a request of the Responses API. */
import { isRecord } from "../../model/check_options.ts";
import type { PromptMessage } from "../../call/options/prompt_parts.ts";
import type { AgentRequest } from "./agent_request.ts";
import { asksForJson } from "./chat_request.ts";
import { checkFields } from "./check_fields.ts";
import { rejectClientTools, RESPONSES_FIELDS } from "./field_rules.ts";
import { invalidField } from "./request_problem.ts";
import { RESPONSES_SETTINGS, toCallSettings } from "./request_settings.ts";
import { toConversation } from "./responses_items.ts";

/** A validated request for a response. */
export interface ResponsesRequest extends AgentRequest {
  /** The body; the response repeats its settings. */
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Parses and validates the body.
 *
 * @throws {Problem} If it is not valid, or needs a feature that agents do not have.
 */
export function parseResponsesRequest(body: unknown): ResponsesRequest {
  if (!isRecord(body)) throw invalidField("the body must be an object");
  const { model, input, instructions, text, reasoning, stream } = body;
  if (typeof model !== "string") throw invalidField("must be the name of an agent", "model");
  checkFields(body, RESPONSES_FIELDS);
  rejectClientTools("tools", body.tools, body.tool_choice);
  for (const [name, value] of Object.entries({ text, reasoning })) {
    if (value !== undefined && value !== null && !isRecord(value)) {
      throw invalidField("must be an object", name);
    }
  }
  const format = isRecord(text) ? text.format : undefined;
  return {
    model,
    messages: [...toInstructions(instructions), ...toConversation(input)],
    field: "input",
    settings: toCallSettings(body, RESPONSES_SETTINGS),
    stream: stream === true,
    body,
    ...(asksForJson(format, "text", "format") && { jsonField: "text.format" }),
  };
}

function toInstructions(instructions: unknown): PromptMessage[] {
  if (instructions === undefined || instructions === null) return [];
  if (typeof instructions !== "string") throw invalidField("must be a string", "instructions");
  return [{ role: "system", content: instructions }];
}
