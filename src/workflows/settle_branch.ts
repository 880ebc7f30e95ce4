/** One branch of a workflow, and the results of those that are not called. */
import type { Callable } from "../call/options/callable.ts";
import type { CallOptions } from "../call/options/options.ts";
import { Trace } from "../call/trace.ts";
import type { AgentError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import type { Branch } from "./workflow.ts";

/** Calls a branch with what its `input` makes of the parameters. */
export async function settleBranch(
  { agent, input, name }: Branch<Callable, unknown> & { readonly name: string },
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  let own = params;
  try {
    if (input !== undefined) own = input(params);
  } catch (cause) {
    const why = `the input of the branch "${name}" threw: see the cause`;
    return notCalled(
      agent,
      (trace) =>
        trace.make(`Cannot call "${agent.name}" as ${why}`, { code: "invalid_params", cause }),
    );
  }
  return await agent.settle(own, options);
}

/** The result of a branch that was never begun: the workflow was aborted, or the money was spent. */
export function notStarted(
  agent: Callable,
  signal: AbortSignal,
  maxCost: number | undefined,
): Result {
  return notCalled(agent, (trace) => {
    if (signal.aborted) return trace.error(signal.reason, signal);
    const message =
      `Cannot call "${agent.name}" as the workflow's maxCost of ${maxCost} US dollars is reached`;
    return trace.make(message, { code: "budget" });
  });
}

/** The result of a call that was not made: it is in no sum. */
export function notCalled(agent: Callable, why: (trace: Trace) => AgentError): Result {
  const trace = new Trace(agent.name, undefined, undefined, undefined);
  return trace.failure(why(trace));
}
