/** Calls one branch of a workflow, and creates the results of branches that are not called. */
import { causeMessage } from "../model/cause_message.ts";
import type { Callable } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import { Trace } from "../call/trace.ts";
import type { AgentError, Failure, Result } from "../model/result.ts";
import { settleRecorded } from "./settle_recorded.ts";
import type { Branch } from "./workflow.ts";

/** Calls a branch with the parameters that its `input` returns. */
export async function settleBranch(
  { agent, input, name }: Branch<Callable, unknown> & { readonly name: string },
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  let branchParams = params;
  try {
    if (input !== undefined) branchParams = input(params);
  } catch (cause) {
    const trace = unsent(agent);
    const reason = `the input of the branch "${name}" threw: ${causeMessage(cause)}`;
    return trace.failure(
      trace.make(`Cannot call "${agent.name}" as ${reason}`, { code: "tool", cause }),
    );
  }
  return await settleRecorded({
    kind: "branch",
    place: name,
    agent,
    params: branchParams,
    options,
  });
}

/** Returns the result of a branch that was not started, as the workflow was aborted. */
export function notStarted(agent: Callable, signal: AbortSignal): Failure {
  const trace = unsent(agent);
  return trace.failure(trace.error(signal.reason, signal));
}

/** Returns the result of a branch that was not called because of an error of the workflow. */
export function notCalled(agent: Callable, cause: AgentError): Failure {
  const trace = unsent(agent);
  const { message, code, status, retryAfterMs, retryable, issues } = cause;
  return trace.failure(
    trace.make(message, { code, status, retryAfterMs, retryable, issues, cause }),
  );
}

/** Creates the trace of a call that is not made. It counts nowhere. */
function unsent(agent: Callable): Trace {
  return new Trace(agent.name, undefined, undefined, undefined);
}
