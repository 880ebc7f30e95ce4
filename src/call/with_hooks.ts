/** Runs a call between its hooks. */
import { untilAbort } from "../async/abort.ts";
import { causeMessage } from "../model/cause_message.ts";
import type { AgentError, Result, Success } from "../model/result.ts";
import { configuration } from "./options/config.ts";
import type { HookContext, Hooks } from "./options/hooks.ts";
import type { Trace } from "./trace.ts";

/** A call with its hooks. */
export interface WithHooksOptions {
  /** The agent. */
  readonly agent: { readonly hooks?: Hooks };
  /** With what. */
  readonly params: unknown;
  /** The call. */
  readonly trace: Trace;
  /** Aborts the call. */
  readonly signal: AbortSignal;
  /** Makes the call. It never throws. */
  readonly work: () => Promise<Result>;
}

/** Whether the agent or `configure` has hooks. */
export function hasHooks(agent: { readonly hooks?: Hooks }): boolean {
  return agent.hooks !== undefined || configuration().hooks !== undefined;
}

/** Makes the call between its hooks, and gives its result. It never throws. */
export async function withHooks(options: WithHooksOptions): Promise<Result> {
  const { agent, params, trace, signal, work } = options;
  const all = [configuration().hooks, agent.hooks].filter((one) => one !== undefined);

  const ctx: HookContext = {
    agent: trace.agent,
    params,
    signal,
    metadata: trace.metadata,
  };
  let result: Result;
  try {
    for (const one of all) await runHook("before", () => one.before?.(params, ctx), options);
    result = await work();
  } catch (thrown) {
    result = trace.failure(trace.error(thrown, signal));
  }
  for (const one of all.toReversed()) {
    const { error } = result;
    try {
      if (result.ok) await runHook("after", () => one.after?.(result as Success, ctx), options);
      else await runHook("onError", () => one.onError?.(error!, ctx), options);
    } catch (thrown) {
      // What had gone wrong before is not to be forgotten; an abort that ended the waiting changes
      // nothing of it.
      if (error === undefined) result = trace.failure(trace.error(thrown, signal));
      else if (!signal.aborted) {
        result = trace.failure(combineErrors(thrown as AgentError, error, trace));
      }
    }
  }
  return result;
}

async function runHook(
  name: keyof Hooks,
  hook: () => unknown,
  { trace, signal }: WithHooksOptions,
): Promise<void> {
  try {
    const returned = hook();
    if (returned instanceof Promise) await untilAbort(returned, signal);
  } catch (cause) {
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" as its ${name} hook threw: ${
        causeMessage(cause)
      }`,
      { code: "tool", cause },
    );
  }
}

function combineErrors(
  { message, cause }: AgentError,
  previous: AgentError,
  trace: Trace,
): AgentError {
  return trace.make(`${message}. The hook ran because of this error: ${previous.message}`, {
    code: "tool",
    cause,
  });
}
