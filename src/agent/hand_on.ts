import type { Output } from "./output.ts";
import type { Outgoing } from "./send.ts";

/**
 * Hands a piece of the answer on, and waits until it is taken.
 *
 * @throws {AgentError} With the code `tool`, if whoever takes it throws.
 */
export async function handOn(call: Outgoing, text: string): Promise<void> {
  const { hooks, trace } = call;
  trace.handedOn = true;
  trace.text += text;
  try {
    await hooks.onDelta?.(text);
  } catch (cause) {
    throw trace.make(`Cannot finish the call of "${trace.agent}" as its onDelta threw`, {
      code: "tool",
      cause,
    });
  }
  if (hooks.onPartial !== undefined && call.agent.output !== undefined) {
    await handOnPartial(call, call.agent.output, hooks.onPartial);
  }
}

/**
 * To read all of a long answer with each of its pieces would take the square of its length: so it must have grown by a share of
 * itself.
 */
const GROWTH = 1 / 64;

async function handOnPartial(
  { trace }: Outgoing,
  output: Output & { partial?(text: string): unknown },
  onPartial: (read: () => unknown) => void | Promise<void>,
): Promise<void> {
  const { text, textRead } = trace;
  if (output.partial === undefined || text.length - textRead <= textRead * GROWTH) return;
  trace.textRead = text.length;
  await onPartial(() => output.partial?.(text));
}
