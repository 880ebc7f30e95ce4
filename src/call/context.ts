import { AsyncLocalStorage } from "node:async_hooks";
import { Budget } from "../limits/budget.ts";
import type { BudgetOptions } from "../model/budget.ts";
import { Limiter } from "../limits/limiter.ts";
import type { Result } from "../model/result.ts";
import type { CheckpointScope } from "./tools/checkpoints.ts";
import type { Gate } from "./outgoing.ts";
import type { Mode } from "./options/mode.ts";

/** What a call inherits from the run, scope or agent in which it is made. */
export interface CallContext {
  /** Aborts everything that is started here. */
  readonly signal: AbortSignal | undefined;
  /** What an attempt needs a permit of, from the innermost run or scope to the outermost. */
  readonly limiters: readonly Limiter[];
  /** What may be spent here, from the innermost budget to the outermost. */
  readonly budgets: readonly Budget[];
  /**
   * The priority of waiting attempts: above 0 for single calls, 0 for the calls of a run.
   */
  readonly priority: number;
  /** Called with the result of each call here: an agent made of agents sums their usage. */
  readonly collect?: (result: Result) => void;
  /** Called with work that is started here: an agent made of agents waits for what is pending. */
  readonly started?: (work: Promise<unknown>) => void;
  /**
   * Receives what the agent's own code emits, if the call is streamed. Never rejects.
   */
  readonly emit?: (agent: string, data: unknown) => Promise<void>;
  /** Where the calls of a run are made; absent outside of runs. */
  readonly mode?: Mode | "event-loop";
  /** Asked before each attempt, where limits and budgets stand in another isolate. */
  readonly gate?: Gate;
  /** Where the parts of a journalled item are recorded; absent outside of such items. */
  readonly checkpoints?: CheckpointScope;
  /** The scope around, if there is one. */
  readonly scope?: TrackingScope;
}

/** A scope as a call sees it. */
export interface TrackingScope {
  /** Keeps the scope open until the work ends; gives back what the caller is to have. */
  track<T>(work: Promise<T>): Promise<T>;
}

const ROOT: CallContext = Object.freeze({
  signal: undefined,
  limiters: [],
  budgets: [],
  priority: 1,
});
const storage = new AsyncLocalStorage<CallContext>();

/** Returns the current context. */
export function currentContext(): CallContext {
  return storage.getStore() ?? ROOT;
}

/** Returns the mode of the current context if calls do not run on this event loop. */
export function remoteMode(): Mode | undefined {
  const { mode } = currentContext();
  return typeof mode === "object" ? mode : undefined;
}

/** Returns the budgets of the context, preceded by a new one if `budget` is set. */
export function budgetsOf(
  { budget }: { readonly budget?: BudgetOptions },
  { budgets }: CallContext,
): readonly Budget[] {
  return budget === undefined ? budgets : [new Budget(budget), ...budgets];
}

/** Returns the limiters of the context, preceded by a new one if `concurrency` is set. */
export function limitersOf(
  { concurrency }: { readonly concurrency?: number },
  { limiters }: CallContext,
): readonly Limiter[] {
  return concurrency === undefined ? limiters : [new Limiter({ concurrency }), ...limiters];
}

/** Runs `fn`, and everything it starts, in this context. */
export function inContext<T>(context: CallContext, fn: () => T): T {
  return storage.run(context, fn);
}

/** Returns the `emit` for the agent's own code. It does nothing if the call is not streamed. */
export function emitterOf(
  agent: string,
  { emit }: CallContext,
): (data: unknown) => Promise<void> {
  return (data) => emit?.(agent, data) ?? Promise.resolve();
}

/** Registers pending work with the enclosing agent and scope, if any. */
export function track<T>(work: Promise<T>): Promise<T> {
  const { started, scope } = currentContext();
  started?.(work);
  return scope?.track(work) ?? work;
}
