import { configuration } from "../call/options/config.ts";
import { mode, type RunMode } from "../call/options/mode.ts";
import {
  abortSignal,
  callback,
  flag,
  positiveMs,
  refuse,
  type RulesFor,
  wholeNumber,
} from "../model/check_options.ts";
import { budget, type BudgetOptions } from "../model/budget.ts";
import {
  type Concurrency,
  concurrency,
  type LimitOptions,
  limits,
  maxConcurrency,
} from "../model/limits.ts";
import type { Result } from "../model/result.ts";
import { JOURNAL_RUN_RULES, type JournalRunOptions, type OnlyOptions } from "./journal_options.ts";
import type { ProgressReport } from "./progress.ts";

/** Options of every run. */
export interface RunOptions extends JournalRunOptions {
  /**
   * The maximum number of items, and of attempts, in flight at once: a positive integer.
   * `"adaptive"`, or an object with bounds, discovers how many attempts the server accepts.
   *
   * @default {10}, or the value given to `configure`
   */
  readonly concurrency?: Concurrency;
  /**
   * Where calls run: `"event-loop"` runs them in this isolate, a pool of workers in others.
   * `"auto"` uses the pool given to `configure`, and the event loop if there is none or if this
   * runtime has no workers.
   *
   * @default {"event-loop"}, or the value given to `configure`
   */
  readonly mode?: RunMode;
  /**
   * The maximum numbers of attempts and of tokens per minute, for this run alone.
   *
   * @default No limits of its own
   */
  readonly limits?: LimitOptions;
  /**
   * The maximum that the run may spend. When it is spent, attempts in flight finish, and calls that
   * need another one fail with the code `budget`.
   *
   * @default No budget of its own
   */
  readonly budget?: BudgetOptions;
  /** Aborts the run, which then rejects with an error that carries the finished results. */
  readonly signal?: AbortSignal;
  /**
   * The time limit of the whole run, in milliseconds, above 0. Calls that have not finished by then
   * fail with the code `timeout`. A source that is not an array is not pulled any further.
   *
   * @default No limit
   */
  readonly deadline?: number;
  /**
   * The maximum number of finished results that wait for a slow consumer: a whole number, 0 or
   * more. Beyond it, no more items are started.
   *
   * @default The concurrency, or its `max`
   */
  readonly buffer?: number;
  /** Called with the progress of the run: at the start, five times a second and at the end. */
  readonly onProgress?: (progress: ProgressReport) => void;
}

/** Options of a run of calls. */
export interface CallRunOptions extends RunOptions {
  /** Called with each result as it arrives. If it returns a promise, its lane waits for that. */
  readonly onResult?: (result: Result, index: number) => void | Promise<void>;
  /**
   * Called with each delta of each answer, and awaited. It makes the providers stream. A call's own
   * `onDelta` is called first.
   */
  readonly onDelta?: (text: string, index: number) => void | Promise<void>;
  /**
   * Whether to stop the run at the first failure, instead of returning failures as values.
   *
   * @default {false}
   */
  readonly throwOnError?: boolean;
}

/** The rules for {@linkcode RunOptions}. */
export const RUN_RULES: RulesFor<RunOptions & OnlyOptions> = {
  concurrency,
  mode,
  limits,
  budget,
  signal: abortSignal,
  deadline: positiveMs,
  buffer: wholeNumber,
  onProgress: callback,
  ...JOURNAL_RUN_RULES,
};

/** The rules for {@linkcode CallRunOptions}. */
export const CALL_RUN_RULES: RulesFor<CallRunOptions & OnlyOptions> = {
  ...RUN_RULES,
  onResult: callback,
  onDelta: callback,
  throwOnError: flag,
};

/** Returns the limits on the attempts of a run, and the maximum number of items in flight. */
export function limitsOf({ concurrency, limits }: RunOptions): {
  readonly attempts: LimitOptions;
  readonly items: number;
} {
  const effective = concurrency ?? limits?.concurrency ?? configuration().concurrency;
  return { attempts: { ...limits, concurrency: effective }, items: maxConcurrency(effective) };
}

/**
 * Checks that items can be pulled from a source.
 *
 * @throws {TypeError} If it is neither a sync nor an async iterable.
 */
export function checkSource(doing: string, name: string, source: unknown): void {
  if (
    typeof source !== "object" || source === null ||
    !(Symbol.iterator in source || Symbol.asyncIterator in source)
  ) {
    refuse(doing, name, "an array or another sync or async iterable", source);
  }
}
