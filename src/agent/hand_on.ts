import type { Outgoing } from "./send.ts";

/**
 * Hands a piece of the answer on, and waits until it is taken.
 *
 * @throws {AgentError} With the code `tool`, if whoever takes it throws.
 */
export async function handOn({ hooks, trace }: Outgoing, text: string): Promise<void> {
  trace.handedOn = true;
  try {
    await hooks.onDelta?.(text);
  } catch (cause) {
    throw trace.make(`Cannot finish the call of "${trace.agent}" as its onDelta threw`, {
      code: "tool",
      cause,
    });
  }
}
