/** Agents made of other agents: any async function, with the calls inside it summed up as its own. */
import { ChildAbort } from "../model/abort.ts";
import { AgentError } from "../model/errors.ts";
import type { Result, Success } from "../model/result.ts";
import type { TimeoutOptions } from "../resilience/timeout.ts";
import type { AgentCall, Callable, ContentOf, ParamsOf } from "./callable.ts";
import { budgetsOf, currentContext, inContext } from "./context.ts";
import type { AgentBase, CallOptions } from "./options.ts";
import { Trace } from "./trace.ts";

/** What the function of an agent made of agents is handed beside its parameters. */
export interface RunContext {
  /** Aborts when the call is aborted or its time is over. */
  readonly signal: AbortSignal;
  /** What the caller handed in as `metadata`. */
  readonly metadata: unknown;
  /**
   * Calls another agent within this call; the same as `agent.call`.
   *
   * @throws {AgentError} If that call fails.
   */
  call<A extends Callable>(...call: AgentCall<A>): Promise<Success<ContentOf<A>>>;
}

/** An agent made of other agents, ready to be called. */
export interface RunAgent extends AgentBase {
  /** What it does. */
  readonly run: (params: never, ctx: RunContext) => unknown;
  /** The time it may take, in milliseconds. */
  readonly timeout?: number | TimeoutOptions;
}

/** Runs the function and gives the result; a failure is a value. */
export async function callRun(
  agent: RunAgent,
  params: unknown,
  options: CallOptions,
): Promise<Result> {
  const outer = currentContext();
  const trace = new Trace(agent.name, undefined, outer, options.metadata);
  using child = new ChildAbort(outer.signal, options.signal);
  const ms = limitOf(options.timeout) ?? limitOf(agent.timeout);
  child.abortAfter(ms, `it was not finished within ${ms} ms`);

  const ctx: RunContext = {
    signal: child.signal,
    metadata: options.metadata,
    async call<A extends Callable>(...[callee, params, options]: AgentCall<A>) {
      const result = await callee.settle(params as ParamsOf<A>, options);
      if (!result.ok) throw result.error;
      return result as Success<ContentOf<A>>;
    },
  };
  // What was started inside and has not ended: it ends before the whole does, and what it used is counted.
  const parts = new Set<Promise<unknown>>();
  const started = (part: Promise<unknown>) => {
    const ended = () => parts.delete(part);
    parts.add(part);
    part.then(ended, ended);
  };
  const allEnded = async () => {
    while (parts.size > 0) await Promise.allSettled(parts);
  };
  try {
    child.signal.throwIfAborted();
    const context = {
      ...outer,
      signal: child.signal,
      budgets: budgetsOf(options, outer),
      collect: trace.add.bind(trace),
      started,
    };
    const work = inContext(context, async () => await agent.run(params as never, ctx));
    const content = await child.race(work);
    await allEnded();
    return trace.success(content, "stop");
  } catch (thrown) {
    const { aborted } = child.signal;
    child.abort(new DOMException("The call has failed", "AbortError"));
    await allEnded();
    return trace.failure(aborted ? trace.error(thrown, child.signal) : errorOf(thrown, trace));
  }
}

/** The limit on a whole that is made of parts. */
export function limitOf(timeout: number | TimeoutOptions | undefined): number | undefined {
  return typeof timeout === "object" ? timeout.total ?? timeout.attempt : timeout;
}

function errorOf(thrown: unknown, trace: Trace): AgentError {
  if (thrown instanceof AgentError) {
    // The part's error says what happened; this one says in which whole, and what the whole used.
    return trace.make(
      `Cannot finish the call of "${trace.agent}" as a part of it failed: ${thrown.message}`,
      {
        code: thrown.code,
        status: thrown.status,
        retryAfterMs: thrown.retryAfterMs,
        retryable: thrown.retryable,
        issues: thrown.issues,
        text: thrown.text,
        cause: thrown,
      },
    );
  }
  return trace.make(`Cannot finish the call of "${trace.agent}" as its run threw: see the cause`, {
    code: "tool",
    cause: thrown,
  });
}
