/**
 * Asks the model to correct an answer that does not match its schema, or that the server could not
 * parse: as the JSON of a schema or as a tool call.
 */
import type { Issue } from "../model/errors.ts";
import { AgentError } from "../model/result.ts";
import type { Message } from "../model/message.ts";
import { formatIssues } from "../output/format_issues.ts";
import type { RepairOptions } from "./options/repair.ts";
import type { Outgoing } from "./outgoing.ts";
import type { Answer } from "./read_reply.ts";

/** How often, with the default filled in. */
export function maxRepairs(option: number | RepairOptions | undefined): number {
  return (typeof option === "number" ? option : option?.max) ?? 1;
}

/**
 * Requests an answer, and requests a correction if it is invalid. Deltas cannot be
 * taken back: after one was emitted, the answer is final.
 *
 * @throws {AgentError} With the code `invalid_output` if the last answer does not fit either.
 */
export async function withRepair(
  call: Outgoing,
  max: number,
  requestAnswer: (call: Outgoing) => Promise<Answer>,
): Promise<Answer> {
  for (let left = max;; left--) {
    try {
      return await requestAnswer(call);
    } catch (error) {
      if (left === 0 || call.trace.emitted || call.signal.aborted) throw error;
      if (!(error instanceof AgentError) || error.code !== "invalid_output") throw error;
      const { request } = call;
      const messages = [...request.messages, ...repairMessages(error)];
      call = { ...call, request: { ...request, messages } };
    }
  }
}

function repairMessages({ text = "", issues = [] }: AgentError): readonly Message[] {
  return [
    // An empty message of the assistant is more than some servers can take.
    ...text === "" ? [] : [{ role: "assistant", content: text } as const],
    { role: "user", content: repairInstruction(issues) },
  ];
}

function repairInstruction(issues: readonly Issue[]): string {
  if (issues.length === 0) {
    return "Your answer could not be parsed. Answer again: " +
      "JSON and the arguments of tool calls must be complete and valid.";
  }
  return `Your answer does not fit the JSON schema:\n${formatIssues(issues)}\n` +
    "Answer again, with JSON that fits it and nothing else.";
}
