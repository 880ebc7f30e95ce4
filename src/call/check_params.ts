import { untilAbort } from "../async/abort.ts";
import { causeMessage } from "../model/cause_message.ts";
import type { PreparedInput } from "../output/prepare_input.ts";
import type { Validated } from "../output/validator.ts";
import type { Trace } from "./trace.ts";

/**
 * Checks the parameters of a call and returns what their schema returns. Without a schema they are
 * returned as they are.
 *
 * @throws {AgentError} With the code `invalid_params` if they are invalid, and `tool` if the schema
 * throws.
 */
export async function checkParams(
  { name, input }: { readonly name: string; readonly input?: PreparedInput },
  params: unknown,
  { trace, signal }: { readonly trace: Trace; readonly signal: AbortSignal },
): Promise<unknown> {
  if (input === undefined) return params;
  let checked: Validated;
  try {
    checked = await untilAbort(input.validate(params), signal);
  } catch (cause) {
    throw trace.make(`Cannot call "${name}" as its params schema threw: ${causeMessage(cause)}`, {
      code: "tool",
      cause,
    });
  }
  if (checked.ok) return checked.value;
  throw trace.make(
    `Cannot call "${name}" as its params are invalid: \`issues\` lists the problems`,
    {
      code: "invalid_params",
      issues: checked.issues,
    },
  );
}
