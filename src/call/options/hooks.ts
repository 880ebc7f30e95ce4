/** Code of the caller's around every call of an agent: to log, to measure, to forbid. */
import { callback, checkOptions, type Rule } from "../../model/check_options.ts";
import type { AgentError } from "../../model/errors.ts";
import type { Success } from "../../model/result.ts";

/** What a hook is handed beside the parameters. */
export interface HookContext {
  /** The agent's name. */
  readonly agent: string;
  /** Aborts when the call does. */
  readonly signal: AbortSignal;
  /** What the caller handed in as `metadata`. */
  readonly metadata: unknown;
}

/**
 * Code that runs around each call, awaited where it gives a promise. What it gives back is not looked at; if it throws, the call fails with
 * the code `tool`. Those of `configure` are the outer ones: first before the call, last after it.
 */
export interface Hooks {
  /** Told of the parameters, as they were handed in, before anything is sent. For `ask` they are the message. */
  before?(params: unknown, ctx: HookContext): void | Promise<void>;
  /** Told of the result of a call that succeeded. */
  after?(result: Success): void | Promise<void>;
  /** Told why a call failed. After an abort it is told, but not waited for. */
  onError?(error: AgentError): void | Promise<void>;
}

/** The rule for an option `hooks`. */
export const hooks: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, {
    before: callback,
    after: callback,
    onError: callback,
  });
