import { createPartialReader } from "../output/partial_reader.ts";
import type { Outgoing } from "./outgoing.ts";
import { ownCodeError } from "./own_code_error.ts";

/**
 * Hands a piece of the answer on, and waits until it is taken.
 *
 * @throws {AgentError} With the code `tool`, if a callback throws.
 */
export async function emitDelta(call: Outgoing, text: string): Promise<void> {
  const { hooks, trace } = call;
  trace.emitted = true;
  try {
    await hooks.onDelta?.(text);
  } catch (cause) {
    throw ownCodeError(trace, "onDelta", cause);
  }
  const { output } = call.agent;
  if (hooks.onPartial === undefined || output === undefined) return;
  // Read only on demand.
  trace.partials ??= createPartialReader({ partial: (text) => () => output.partial(text) });
  const read = trace.partials(text) as (() => unknown) | undefined;
  if (read === undefined) return;
  try {
    await hooks.onPartial(read);
  } catch (cause) {
    throw ownCodeError(trace, "onPartial", cause);
  }
}
