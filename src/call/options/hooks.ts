/** Code of the caller's around every call of an agent: to log, to measure, to forbid. */
import { untilAbort } from "../../async/abort.ts";
import { callback, checkOptions, type Rule } from "../../model/check_options.ts";
import { messageOf } from "../../model/errors.ts";
import type { AgentError, Result, Success } from "../../model/result.ts";
import { configuration } from "./config.ts";
import type { Trace } from "../trace.ts";

/**
 * What a hook gets about its call. All hooks of one call get the same object, so a `before` can keep
 * something for `after` in a `WeakMap`.
 */
export interface HookContext {
  /** The agent's name. */
  readonly agent: string;
  /** The parameters as the caller passed them; for `ask`, the message. */
  readonly params: unknown;
  /** Aborts when the call does. */
  readonly signal: AbortSignal;
  /** What the caller passed as `metadata`. */
  readonly metadata: unknown;
}

/**
 * Functions that run around each call. A promise that one returns is awaited, its value is ignored. If
 * one throws, the call fails with the code `tool`. The hooks of `configure` are the outer ones: first
 * before the call, last after it.
 */
export interface Hooks {
  /** Runs before anything is sent, with the parameters as the caller passed them; for `ask`, the message. */
  before?(params: unknown, ctx: HookContext): void | Promise<void>;
  /** Runs when the call has succeeded. */
  after?(result: Success, ctx: HookContext): void | Promise<void>;
  /** Runs when the call has failed; `error.result` is the whole failure. Not awaited after an abort. */
  onError?(error: AgentError, ctx: HookContext): void | Promise<void>;
}

/** The rule for an option `hooks`. */
export const hooks: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, {
    before: callback,
    after: callback,
    onError: callback,
  });

/** A call with its hooks. */
export interface HookedOptions {
  /** Who is called. */
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

/** Has anybody hooks around the calls of this agent? */
export function hasHooks(agent: { readonly hooks?: Hooks }): boolean {
  return agent.hooks !== undefined || configuration().hooks !== undefined;
}

/** Makes the call between its hooks, and gives its result. It never throws. */
export async function hooked(options: HookedOptions): Promise<Result> {
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
    for (const one of all) await tell("before", () => one.before?.(params, ctx), options);
    result = await work();
  } catch (thrown) {
    result = trace.failure(trace.error(thrown, signal));
  }
  for (const one of all.toReversed()) {
    const { error } = result;
    try {
      if (result.ok) await tell("after", () => one.after?.(result as Success, ctx), options);
      else await tell("onError", () => one.onError?.(error!, ctx), options);
    } catch (thrown) {
      // What had gone wrong before is not to be forgotten; an abort that ended the waiting changes nothing of it.
      if (error === undefined) result = trace.failure(trace.error(thrown, signal));
      else if (!signal.aborted) {
        result = trace.failure(withBefore(thrown as AgentError, error, trace));
      }
    }
  }
  return result;
}

async function tell(
  name: keyof Hooks,
  hook: () => unknown,
  { trace, signal }: HookedOptions,
): Promise<void> {
  try {
    const told = hook();
    if (told instanceof Promise) await untilAbort(told, signal);
  } catch (cause) {
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" as its ${name} hook threw: ${messageOf(cause)}`,
      { code: "tool", cause },
    );
  }
}

function withBefore({ message, cause }: AgentError, before: AgentError, trace: Trace): AgentError {
  return trace.make(`${message}. It was told of this: ${before.message}`, { code: "tool", cause });
}
