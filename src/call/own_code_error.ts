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

/**
 * Returns the message of an attempt that failed with this error: without what the user's own code
 * threw, as attempts are kept where such texts are not.
 */
export function attemptMessage({ code, message, cause }: AgentError): string {
  if (code !== "tool" || cause === undefined) return message;
  return message.replace(`: ${causeMessage(cause)}`, "");
}
