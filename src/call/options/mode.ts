import { refuse, type Rule } from "../../model/check_options.ts";
import type { Result } from "../../model/result.ts";
import type { Callable } from "./callable.ts";
import type { CallOptions } from "./options.ts";

/** One call, as a {@linkcode Mode} is handed it: its options were checked. */
export interface ModeCall {
  /** The agent or workflow. */
  readonly agent: Callable;
  /** With what. */
  readonly params: unknown;
  /** How. */
  readonly options: CallOptions;
}

/**
 * Where the calls of a run are made, if that is not this event loop: the pool that `workers` gives
 * is one.
 */
export interface Mode {
  /** Whether the mode accepts calls. */
  readonly isOpen: boolean;
  /**
   * Looks whether calls of these can be made there, before any is.
   *
   * @throws {TypeError} If not.
   */
  prepare(agents: Iterable<Callable>): Promise<void>;
  /** Makes a call; a failure is a value. What a workflow tells beside its result is kept. */
  settle(call: ModeCall): Promise<Result>;
}

/**
 * Where calls are to be made: on this event loop, in a pool, or in the pool of `configure` if there
 * is one.
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
  around: Mode | "event-loop" | undefined,
  configured: RunMode | undefined,
): Mode | "event-loop" {
  if (requested === undefined && around !== undefined) return around;
  const wanted = requested ?? configured;
  if (typeof wanted === "object") return wanted;
  return wanted === "auto" && typeof configured === "object" && configured.isOpen
    ? configured
    : "event-loop";
}
