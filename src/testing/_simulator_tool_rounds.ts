/**
 * Refuses what OpenAI refuses: calls of tools that nobody answered, and answers to calls that nobody made.
 */
import type { SimulatorMessage } from "./_simulator_options.ts";

/** What is wrong with the calls in these messages, if anything is. */
export function brokenRound(
  messages: readonly SimulatorMessage[],
): { message: string; param: string } | undefined {
  let open = new Set<unknown>();
  const left = (at: number) => ({
    message:
      "An assistant message with 'tool_calls' must be followed by tool messages responding " +
      `to each 'tool_call_id'. The following tool_call_ids did not have response messages: ` +
      [...open].join(", "),
    param: `messages[${at}].role`,
  });
  for (const [at, { role, tool_calls, tool_call_id }] of messages.entries()) {
    if (role === "tool") {
      if (open.delete(tool_call_id)) continue;
      const message = "Messages with role 'tool' must be a response to a preceding message with " +
        "'tool_calls'.";
      return { message, param: `messages[${at}].role` };
    }
    if (open.size > 0) return left(at);
    if (!Array.isArray(tool_calls)) continue;
    if (tool_calls.length === 0) {
      return { message: "[] is too short - 'tool_calls'", param: `messages[${at}].tool_calls` };
    }
    open = new Set(tool_calls.map((call) => call?.id));
  }
  return open.size > 0 ? left(messages.length) : undefined;
}
