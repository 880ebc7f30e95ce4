/** Finds what OpenAI rejects: tool calls without an answer, and answers without a tool call. */
import type { SimulatorMessage } from "../request_types.ts";

/** An error in the tool calls, and the index of its message. */
export interface BrokenRound {
  at: number;
  /** The ids of calls without an answer. */
  missing?: readonly unknown[];
  /** The id of an answer without a call. */
  orphan?: unknown;
}

/** Returns the first error in the tool calls of these messages, if there is one. */
export function brokenRound(messages: readonly SimulatorMessage[]): BrokenRound | undefined {
  let open = new Set<unknown>();
  for (const [at, { role, tool_calls, tool_call_id }] of messages.entries()) {
    if (role === "tool") {
      if (!open.delete(tool_call_id)) return { at, orphan: tool_call_id };
      continue;
    }
    if (open.size > 0) return { at, missing: [...open] };
    if (!Array.isArray(tool_calls)) continue;
    if (tool_calls.length === 0) return { at, missing: [] };
    open = new Set(tool_calls.map((call) => call?.id));
  }
  return open.size > 0 ? { at: messages.length, missing: [...open] } : undefined;
}

/** Returns the error of Chat Completions. */
export function chatError({ at, missing }: BrokenRound): { message: string; param: string } {
  if (missing === undefined) {
    const message = "Messages with role 'tool' must be a response to a preceding message with " +
      "'tool_calls'.";
    return { message, param: `messages[${at}].role` };
  }
  if (missing.length === 0) {
    return { message: "[] is too short - 'tool_calls'", param: `messages[${at}].tool_calls` };
  }
  const message = "An assistant message with 'tool_calls' must be followed by tool messages " +
    "responding to each 'tool_call_id'. The following tool_call_ids did not have response " +
    `messages: ${missing.join(", ")}`;
  return { message, param: `messages[${at}].role` };
}

/** Returns the error of the Responses API. */
export function responsesError({ missing, orphan }: BrokenRound): {
  message: string;
  param: string;
} {
  const message = missing === undefined
    ? `No tool call found for function call output with call_id ${orphan}.`
    : `No tool output found for function call ${missing[0]}.`;
  return { message, param: "input" };
}
