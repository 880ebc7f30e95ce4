import { pooledMap } from "@std/async/pool";
import type { Callable } from "../call/options/callable.ts";
import { type CallContext, inContext } from "../call/context.ts";
import type { CallOptions } from "../call/options/options.ts";
import type { Trace } from "../call/trace.ts";
import type { ChildAbort } from "../async/abort.ts";
import type { Result } from "../model/result.ts";
import { optionsInside } from "./options_inside.ts";
import { notStarted, settleBranch } from "./settle_branch.ts";
import type { Branch, Branches, ParallelOptions } from "./workflow.ts";

/** A branch with its name. */
export type NamedBranch = Branch<Callable, unknown> & { readonly name: string };

/** The state of one call of a workflow. */
export interface WorkflowCall {
  /** Collects the usage and the attempts of the calls inside. */
  readonly trace: Trace;
  /** Aborts the calls inside. */
  readonly child: ChildAbort;
  /** The context of the calls inside. */
  readonly context: CallContext;
}

/**
 * Runs the branches of a workflow and returns their results, in the order of their definition.
 *
 * @throws What a branch throws, which is misuse of the call.
 */
export async function settleBranches(
  branches: readonly NamedBranch[],
  params: unknown,
  options: CallOptions,
  { child, context }: WorkflowCall,
  { concurrency, failFast }: ParallelOptions<Branches, unknown>,
): Promise<Record<string, Result>> {
  const inner = optionsInside(options);
  const results: Record<string, Result | undefined> = {};
  for (const { name } of branches) results[name] = undefined;

  let misuse: { readonly error: unknown } | undefined;
  const limit = concurrency ?? branches.length;
  const run = async (branch: NamedBranch): Promise<void> => {
    if (child.signal.aborted) return;
    let result: Result;
    try {
      result = await inContext(context, () => settleBranch(branch, params, inner));
    } catch (error) {
      // Misuse, such as a call without a model, is not a failure of a branch.
      misuse ??= { error };
      child.abort(error);
      return;
    }
    results[branch.name] = result;
    if (failFast && !result.ok && !branch.optional) {
      child.abort(new DOMException(`The branch "${branch.name}" failed`, "AbortError"));
    }
  };
  for await (const _ of pooledMap(limit, branches, run));
  if (misuse !== undefined) throw misuse.error;

  for (const { name, agent } of branches) {
    results[name] ??= notStarted(agent, child.signal);
  }
  return results as Record<string, Result>;
}
