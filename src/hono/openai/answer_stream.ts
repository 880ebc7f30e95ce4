import type { RequestLifecycle } from "../request_lifecycle.ts";
import type { BoundCall } from "./agent_request.ts";
import { type Outcome, recoverOutcome, toOutcome } from "./outcome.ts";

/** An event of a streamed answer: its deltas, then its outcome. */
export type AnswerEvent =
  | { readonly type: "delta"; readonly text: string }
  | { readonly type: "end"; readonly outcome: Outcome };

/** Separates the text of the model before its tool calls from the text after them. */
const SEPARATOR = "\n\n";

/**
 * Makes a call and yields its answer as it arrives. The deltas of a workflow are not the answer.
 * The answer of an agent with an output schema is the parsed text, which may differ from the
 * deltas. Both are yielded as a whole.
 *
 * @throws {AgentError} If the call fails.
 */
export async function* streamAnswer(
  { agent, params, options }: BoundCall,
  lifecycle: RequestLifecycle,
): AsyncGenerator<AnswerEvent> {
  const { id } = lifecycle;
  if (!agent.callsModel || agent.hasOutputSchema) {
    const outcome = toOutcome(await lifecycle.run(() => agent.settle(id, params, options)));
    yield { type: "delta", text: outcome.text };
    yield { type: "end", outcome };
    return;
  }
  let hasText = false;
  let usedTools = false;
  try {
    for await (const event of lifecycle.run(() => agent.stream(id, params, options))) {
      if (event.type === "tool-start") usedTools = hasText;
      if (event.type === "delta") {
        yield { type: "delta", text: usedTools ? SEPARATOR + event.text : event.text };
        usedTools = false;
        hasText = true;
      }
      if (event.type !== "result") continue;
      const outcome = toOutcome(event.result);
      if (!hasText) yield { type: "delta", text: outcome.text };
      yield { type: "end", outcome };
    }
  } catch (error) {
    const outcome = recoverOutcome(error);
    // A text that was not streamed is the beginning of an answer that was cut off.
    if (!hasText) yield { type: "delta", text: outcome.text };
    yield { type: "end", outcome };
  }
}
