/**
 * Agents made of other agents: any async function, with the calls inside it summed up as its own.
 */
import { ChildAbort } from "../async/abort.ts";
import { messageOf, RunError } from "../model/errors.ts";
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

/** What the function of an agent made of agents is handed beside its parameters. */
export interface RunContext {
  /** Aborts when the call is aborted or its time is over. */
  readonly signal: AbortSignal;
  /** What the caller handed in as `metadata`. */
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

/** An agent made of other agents, ready to be called. */
export interface RunAgent extends AgentBase {
  /** Checks the parameters. */
  readonly input?: PreparedInput;
  /** What it does. */
  readonly run: (params: never, ctx: RunContext) => unknown;
  /** The time it may take, in milliseconds. */
  readonly timeout?: TotalTimeout;
}

/** Runs the function and gives the result; a failure is a value. */
export async function callRun(
  agent: RunAgent,
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  const outer = currentContext();
  const trace = new Trace(agent.name, undefined, outer.collect, options.metadata);
  using child = new ChildAbort(outer.signal, options.signal);
  const total = totalOf(options.timeout, agent.timeout, configuration().timeout);
  child.abortAfter(total, "timeout.total passed: it was not finished");

  const ctx: RunContext = {
    signal: child.signal,
    metadata: options.metadata,
    emit: emitterOf(agent.name, outer),
    async call<A extends Callable>(...[callee, params, options]: AgentCall<A>) {
      const result = await callee.settle(params as ParamsOf<A>, options);
      if (!result.ok) throw result.error;
      return result as Success<ContentOf<A>>;
    },
  };
  const context = {
    ...outer,
    budgets: budgetsOf(options, outer),
    collect: trace.add.bind(trace),
  };
  const { signal } = child;
  const work = async (): Promise<Result> => {
    using inner = new ChildAbort(signal);
    const ended = await runNested(context, inner, async () => {
      const checked = await checkParams(agent, params, { trace, signal: inner.signal });
      return await agent.run(checked as never, ctx);
    });
    if (ended.ok) return trace.success(ended.value, "stop");
    const { thrown } = ended;
    return trace.failure(signal.aborted ? trace.error(thrown, signal) : errorOf(thrown, trace));
  };
  return trace.end(await withHooks({ agent, params, trace, signal, work }));
}

function errorOf(thrown: unknown, trace: Trace): AgentError {
  // A batch or stream inside that a call's failure ended fails like that call.
  const part = thrown instanceof RunError ? thrown.cause : thrown;
  if (part instanceof AgentError) {
    // It is the call's own: they share this list.
    if (part.attempts === trace.attempts) return part;
    // The part's error says what happened; this one says in which whole, and what the whole used.
    const { code, status, retryAfterMs, retryable, issues, text } = part;
    return trace.make(
      `Cannot finish the call of "${trace.agent}" as a part of it failed: ${part.message}`,
      { code, status, retryAfterMs, retryable, issues, text, cause: thrown },
    );
  }
  return trace.make(
    `Cannot finish the call of "${trace.agent}" as its run threw: ${messageOf(thrown)}`,
    { code: "tool", cause: thrown },
  );
}
