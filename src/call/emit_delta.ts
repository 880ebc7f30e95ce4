import { createPartialReader } from "../output/partial_reader.ts";
import type { Outgoing } from "./outgoing.ts";

/**
 * Hands a piece of the answer on, and waits until it is taken.
 *
 * @throws {AgentError} With the code `tool`, if the callback throws.
 */
export async function emitDelta(call: Outgoing, text: string): Promise<void> {
  const { hooks, trace } = call;
  trace.emitted = true;
  try {
    await hooks.onDelta?.(text);
  } catch (cause) {
    throw trace.make(`Cannot finish the call of "${trace.agent}" as its onDelta threw`, {
      code: "tool",
      cause,
    });
  }
  const { output } = call.agent;
  if (hooks.onPartial === undefined || output === undefined) return;
  // Read only on demand.
  trace.partials ??= createPartialReader({ partial: (text) => () => output.partial(text) });
  const read = trace.partials(text) as (() => unknown) | undefined;
  if (read !== undefined) await hooks.onPartial(read);
}
