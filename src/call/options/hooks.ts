/** Functions of the user that run around each call of an agent, to log, measure or reject calls. */
import { callback, checkOptions, type Rule } from "../../model/check_options.ts";
import type { AgentError, Success } from "../../model/result.ts";

/**
 * What a hook receives about its call. All hooks of a call receive the same object, so `before` can
 * store data for `after` in a `WeakMap`.
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
 * Functions that run around each call. A promise that one returns is awaited, its value is
 * ignored. If one throws, the call fails with the code `tool`. The hooks of `configure` are the
 * outer ones: first before the call, last after it.
 */
export interface Hooks {
  /**
   * Runs before anything is sent, with the parameters as the caller passed them; for `ask`, the
   * message.
   */
  before?(params: unknown, ctx: HookContext): void | Promise<void>;
  /** Runs when the call has succeeded. */
  after?(result: Success, ctx: HookContext): void | Promise<void>;
  /**
   * Runs when the call has failed; `error.result` is the whole failure. Not awaited after an
   * abort.
   */
  onError?(error: AgentError, ctx: HookContext): void | Promise<void>;
}

/** The rule for an option `hooks`. */
export const hooks: Rule = (doing, name, value) =>
  checkOptions(`${doing}: ${name}`, value, {
    before: callback,
    after: callback,
    onError: callback,
  });
