/** The rounds of a call with tools that are recorded in a journal. */
import type { Message } from "../../model/message.ts";
import type { Prices } from "../../pricing/prices.ts";
import type { ModelAgent } from "../options/model_agent.ts";
import type { Trace } from "../trace.ts";
import type { CallCheckpoints } from "./checkpoints.ts";
import { addMessages, type Conversation } from "./tool_loop.ts";

/** Continues a conversation after the rounds that an earlier start of the item has finished. */
export function resumeRounds(
  rounds: CallCheckpoints,
  conversation: Conversation,
  agent: ModelAgent,
  trace: Trace,
): void {
  for (const round of rounds.recorded) {
    trace.resume(round);
    addMessages(conversation, agent, trace, round.content as readonly Message[]);
    conversation.answers++;
    conversation.requested ||= round.attempts.length > 0;
  }
}

/**
 * Records a finished round, so that it is not paid for twice.
 *
 * @throws {JournalError} If the journal cannot be written.
 */
export async function recordRound(
  rounds: CallCheckpoints,
  trace: Trace,
  prices: Prices | undefined,
  round: { readonly messages: readonly Message[]; readonly reasoning?: string },
): Promise<void> {
  try {
    await trace.price(prices);
  } catch {
    // The end of the call reports it; the cost of the round is then unknown.
  }
  await rounds.record(trace.takePart(round.messages, round.reasoning));
}
