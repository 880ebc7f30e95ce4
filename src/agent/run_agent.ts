/**
 * Agents defined by a `run` function. The calls inside it count towards the agent's own call.
 */
import { ChildAbort } from "../async/abort.ts";
import { causeMessage } from "../model/cause_message.ts";
import { RunError } from "../model/errors.ts";
import { AgentError, type Result, type Success } from "../model/result.ts";
import type { AgentCall, Callable, ContentOf, ParamsOf } from "../call/options/callable.ts";
import { budgetsOf, currentContext, emitterOf } from "../call/context.ts";
import type { PreparedInput } from "../output/prepare_input.ts";
import { checkParams } from "../call/check_params.ts";
import { withHooks } from "../call/with_hooks.ts";
import { runNested } from "../call/run_nested.ts";
import { configuration } from "../call/options/config.ts";
import type { AgentBase, CallOptions } from "../call/options/options.ts";
import { totalOf, type TotalTimeout } from "../call/options/timeouts.ts";
import { Trace } from "../call/trace.ts";

/** The second parameter of an agent's `run` function. */
export interface RunContext {
  /** Aborts when the call aborts or its time limit passes. */
  readonly signal: AbortSignal;
  /** The `metadata` that the caller passed. */
  readonly metadata: unknown;
  /**
   * Emits an event `{ type: "emit", agent, data }` to the consumer of the call's stream. Does
   * nothing if the call is not streamed.
   *
   * @returns A promise that resolves when the event was consumed. It need not be awaited, and never
   * rejects.
   */
  emit(data: unknown): Promise<void>;
  /**
   * Calls another agent within this call; the same as `agent.call`.
   *
   * @throws {AgentError} If that call fails.
   */
  call<A extends Callable>(...call: AgentCall<A>): Promise<Success<ContentOf<A>>>;
}

/** An agent with a `run` function, after its options were checked. */
export interface RunAgent extends AgentBase {
  /** Checks the parameters of a call. */
  readonly input?: PreparedInput;
  /** The function that does the work. */
  readonly run: (params: never, ctx: RunContext) => unknown;
  /** The time limit of a call, in milliseconds. */
  readonly timeout?: TotalTimeout;
}

/** Runs the function and returns the result; a failure is returned, not thrown. */
export async function callRunAgent(
  agent: RunAgent,
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  const callerContext = currentContext();
  const trace = new Trace(agent.name, undefined, callerContext.collect, options.metadata);
  using child = new ChildAbort(callerContext.signal, options.signal);
  const total = totalOf(options.timeout, agent.timeout, configuration().timeout);
  child.abortAfter(total, "timeout.total passed: it was not finished");

  const ctx: RunContext = {
    signal: child.signal,
    metadata: options.metadata,
    emit: emitterOf(agent.name, callerContext),
    async call<A extends Callable>(...[callee, params, options]: AgentCall<A>) {
      const result = await callee.settle(params as ParamsOf<A>, options);
      if (!result.ok) throw result.error;
      return result as Success<ContentOf<A>>;
    },
  };
  const context = {
    ...callerContext,
    budgets: budgetsOf(options, callerContext),
    collect: trace.add.bind(trace),
  };
  const { signal } = child;
  const work = async (): Promise<Result> => {
    using runAbort = new ChildAbort(signal);
    const outcome = await runNested(context, runAbort, async () => {
      const checked = await checkParams(agent, params, { trace, signal: runAbort.signal });
      return await agent.run(checked as never, ctx);
    });
    if (outcome.ok) return trace.success(outcome.value, "stop");
    const { thrown } = outcome;
    return trace.failure(signal.aborted ? trace.error(thrown, signal) : errorOf(thrown, trace));
  };
  return trace.end(await withHooks({ agent, params, trace, signal, work }));
}

function errorOf(thrown: unknown, trace: Trace): AgentError {
  // A nested batch or stream that was ended by the failure of a call fails with that call's error.
  const nested = thrown instanceof RunError ? thrown.cause : thrown;
  if (nested instanceof AgentError) {
    // The error belongs to this call: both share the list of attempts.
    if (nested.attempts === trace.attempts) return nested;
    // The nested error is wrapped, so that the new error has this call's agent, attempts and usage.
    const { code, status, retryAfterMs, retryable, issues, text } = nested;
    return trace.make(
      `Cannot finish the call of "${trace.agent}" as a nested call failed: ${nested.message}`,
      { code, status, retryAfterMs, retryable, issues, text, cause: thrown },
    );
  }
  return trace.make(
    `Cannot finish the call of "${trace.agent}" as its run function threw: ${causeMessage(thrown)}`,
    { code: "tool", cause: thrown },
  );
}
