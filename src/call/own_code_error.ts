import { causeMessage } from "../model/cause_message.ts";
import type { AgentError } from "../model/result.ts";
import type { CallErrors } from "./call_errors.ts";

/**
 * Returns the error of a call in which a function of the user threw, such as its `onDelta`. It has
 * the code `tool`, and the message of what was thrown.
 *
 * @param what The function, such as `onDelta`.
 */
export function ownCodeError(
  trace: CallErrors,
  what: string,
  cause: unknown,
  details: { readonly text?: string } = {},
): AgentError {
  return trace.make(
    `Cannot finish the call of "${trace.agent}" as its ${what} threw: ${causeMessage(cause)}`,
    { code: "tool", cause, ...details },
  );
}
