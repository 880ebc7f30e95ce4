import { callHash } from "../agent/call_hash.ts";
import type { Callable } from "../call/options/callable.ts";
import { currentContext, inContext } from "../call/context.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Result } from "../model/result.ts";

/** A call of a workflow. */
export interface WorkflowPart {
  /** Whether it is one of several steps or a branch. */
  readonly kind: "step" | "branch";
  /** The position of the step, or the name of the branch. */
  readonly place: string;
  readonly agent: Callable;
  readonly params: unknown;
  readonly options: CallOptions;
}

/**
 * Calls the agent of a step or a branch. Within an item of a journal, its success is recorded, and
 * replayed if the item is started again.
 */
export async function settleRecorded(
  { kind, place, agent, params, options }: WorkflowPart,
): Promise<Result> {
  const context = currentContext();
  const hash = context.checkpoints === undefined || options.dryRun
    ? undefined
    : callHash(agent, params, options);
  const checkpoint = hash && await context.checkpoints!.open({ kind, place, hash });
  if (!checkpoint) return await agent.settle(params, options);
  const [recorded] = checkpoint.recorded;
  if (recorded !== undefined) {
    const result: Result = { ...recorded, replayed: true };
    context.collect?.(result);
    return result;
  }
  const inner = { ...context, checkpoints: checkpoint.scope(0) };
  const result = await inContext(inner, () => agent.settle(params, options));
  if (result.ok) await checkpoint.record(result);
  return result;
}
