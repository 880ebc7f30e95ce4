import { refuse, type Rule } from "../../model/check_options.ts";
import type { Result } from "../../model/result.ts";
import type { Callable } from "./callable.ts";
import type { CallOptions } from "./options.ts";

/** A call that is passed to a {@linkcode Mode}. Its options are already checked. */
export interface ModeCall {
  /** The agent or workflow. */
  readonly agent: Callable;
  /** The parameters of the call. */
  readonly params: unknown;
  /** The options of the call. */
  readonly options: CallOptions;
}

/**
 * A place other than this event loop where a run makes its calls, such as the pool that `workers`
 * returns.
 */
export interface Mode {
  /** Whether the mode accepts calls. */
  readonly isOpen: boolean;
  /**
   * Checks that these agents and workflows can run in this mode.
   *
   * @throws {TypeError} If one of them cannot.
   */
  prepare(agents: Iterable<Callable>): Promise<void>;
  /**
   * Makes a call; a failure is returned, not thrown. The fields that a workflow adds to its result
   * are kept.
   */
  settle(call: ModeCall): Promise<Result>;
}

/**
 * Where to make calls: on this event loop, in a pool, or with `"auto"` in the pool of `configure`
 * if there is one.
 */
export type RunMode = "event-loop" | "auto" | Mode;

/** The rule for an option `mode`. */
export const mode: Rule = (doing, name, value) => {
  if (value === "event-loop" || value === "auto") return;
  const { settle, prepare } = (value ?? {}) as Partial<Mode>;
  if (typeof settle === "function" && typeof prepare === "function") return;
  refuse(doing, name, '"event-loop", "auto" or a pool of workers', value);
};

/**
 * Returns where the calls of a run are made: its own mode, that of the enclosing run or scope, or
 * the configured one; `undefined` stands for this event loop.
 */
export function modeFor(
  requested: RunMode | undefined,
  inherited: Mode | "event-loop" | undefined,
  configured: RunMode | undefined,
): Mode | "event-loop" {
  if (requested === undefined && inherited !== undefined) return inherited;
  const selected = requested ?? configured;
  if (typeof selected === "object") return selected;
  return selected === "auto" && typeof configured === "object" && configured.isOpen
    ? configured
    : "event-loop";
}
