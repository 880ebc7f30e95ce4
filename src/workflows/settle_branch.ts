/** One branch of a workflow, and the results of branches that are not called. */
import { messageOf } from "../model/errors.ts";
import type { Callable } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import { Trace } from "../call/trace.ts";
import type { AgentError, Failure, Result } from "../model/result.ts";
import type { Branch } from "./workflow.ts";

/** Calls a branch with the parameters that its `input` makes. */
export async function settleBranch(
  { agent, input, name }: Branch<Callable, unknown> & { readonly name: string },
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  let own = params;
  try {
    if (input !== undefined) own = input(params);
  } catch (cause) {
    const trace = unsent(agent);
    const why = `the input of the branch "${name}" threw: ${messageOf(cause)}`;
    return trace.failure(
      trace.make(`Cannot call "${agent.name}" as ${why}`, { code: "invalid_params", cause }),
    );
  }
  return await agent.settle(own, options);
}

/** The result of a branch that was not started, as the workflow was aborted. */
export function notStarted(agent: Callable, signal: AbortSignal): Failure {
  const trace = unsent(agent);
  return trace.failure(trace.error(signal.reason, signal));
}

/** The result of a call that was not made, because of an error of the workflow. */
export function notCalled(agent: Callable, cause: AgentError): Failure {
  const trace = unsent(agent);
  const { message, code, status, retryAfterMs, retryable, issues } = cause;
  return trace.failure(
    trace.make(message, { code, status, retryAfterMs, retryable, issues, cause }),
  );
}

/** The trace of a call that is not made: it counts nowhere. */
function unsent(agent: Callable): Trace {
  return new Trace(agent.name, undefined, undefined, undefined);
}
