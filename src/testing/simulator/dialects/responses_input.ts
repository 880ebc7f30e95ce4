/** Converts the input of the Responses API to messages, so that answers need only one format. */
import { isRecord } from "../../../model/check_options.ts";
import { errorPlan, missingParameter } from "../error_bodies.ts";
import type { SimulatorMessage } from "../request_types.ts";
import type { ResponsePlan } from "../response_plan.ts";
import { brokenRound, responsesError } from "./tool_rounds.ts";

/** Parameters of Chat Completions that this API rejects. */
const UNKNOWN = [
  "messages",
  "stop",
  "seed",
  "max_tokens",
  "max_completion_tokens",
  "response_format",
  "reasoning_effort",
];

/** Returns the messages of a request, or the response to an invalid one. */
export function responsesMessages(
  body: Record<string, unknown>,
): SimulatorMessage[] | ResponsePlan {
  const unknown = UNKNOWN.find((name) => name in body);
  if (unknown !== undefined) {
    const message = `Unknown parameter: '${unknown}'.`;
    return errorPlan(400, { message, param: unknown, code: "unknown_parameter" });
  }
  const { input, instructions, previous_response_id } = body;
  if (typeof previous_response_id === "string") {
    const message = `Previous response with id '${previous_response_id}' not found.`;
    const code = "previous_response_not_found";
    return errorPlan(400, { message, param: "previous_response_id", code });
  }
  if (typeof input !== "string" && !(Array.isArray(input) && input.length > 0)) {
    return missingParameter("input", "Missing required parameter: 'input'.");
  }
  const messages: SimulatorMessage[] = [];
  if (typeof instructions === "string") messages.push({ role: "system", content: instructions });
  const items = typeof input === "string" ? [{ role: "user", content: input }] : input as unknown[];
  for (const [at, item] of items.entries()) {
    const invalid = add(messages, item, at);
    if (invalid) return invalid;
  }
  const broken = brokenRound(messages);
  return broken ? errorPlan(400, responsesError(broken)) : messages;
}

/** Adds an item to the messages. Returns a response if it is invalid. */
function add(messages: SimulatorMessage[], item: unknown, at: number): ResponsePlan | undefined {
  if (!isRecord(item)) return errorPlan(400, { message: `Invalid type for 'input[${at}]'.` });
  const { type = "message", role, content } = item;
  if (type === "message") {
    if (typeof role !== "string") {
      return missingParameter(
        `input[${at}].role`,
        `Missing required parameter: 'input[${at}].role'.`,
      );
    }
    messages.push({ role, content });
  } else if (type === "function_call") {
    const { call_id, name, arguments: args } = item;
    const call = { id: call_id, type: "function", function: { name, arguments: args } };
    const last = messages.at(-1);
    // Text and tool calls of one turn form one message.
    if (last?.role === "assistant") {
      messages.splice(-1, 1, { ...last, tool_calls: [...last.tool_calls ?? [], call] });
    } else messages.push({ role: "assistant", content: null, tool_calls: [call] });
  } else if (type === "function_call_output") {
    messages.push({ role: "tool", content: item.output, tool_call_id: item.call_id });
  } else if (type === "reasoning" && !item.encrypted_content) {
    const message = `Item with id '${item.id}' not found. Items are not persisted when \`store\` ` +
      "is set to false.";
    return errorPlan(404, { message, param: "input" });
  }
}
