import { configuration } from "../call/options/config.ts";
import { mode, type RunMode } from "../call/options/mode.ts";
import {
  abortSignal,
  callback,
  flag,
  positiveMs,
  refuse,
  type Rules,
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
import { JOURNAL_RUN_RULES, type JournalRunOptions } from "./journal_options.ts";
import type { ProgressReport } from "./progress.ts";

/** What every run takes. */
export interface RunOptions extends JournalRunOptions {
  /**
   * The maximum number of items, and of attempts, in flight at once. `"adaptive"`, or an object
   * with bounds, discovers how many attempts the server accepts.
   *
   * @default {10} or the value given to `configure`
   */
  readonly concurrency?: Concurrency;
  /**
   * Where calls are made: `"event-loop"` is here, a pool of workers in other isolates; `"auto"` is
   * in the pool that `configure` names, and here if there is none, or if this runtime has no
   * workers.
   *
   * @default {"event-loop"} or what `configure` says
   */
  readonly mode?: RunMode;
  /** How many attempts may begin, and how many tokens they may use, in a minute. */
  readonly limits?: LimitOptions;
  /**
   * What the run may spend at most. What is not sent by then fails with the code `budget`; what is
   * in flight is finished.
   */
  readonly budget?: BudgetOptions;
  /** Aborts the run: it rejects, with everything that was finished until then. */
  readonly signal?: AbortSignal;
  /**
   * The time the whole run may take, in milliseconds. What is not finished by then fails with the
   * code `timeout`.
   */
  readonly deadline?: number;
  /**
   * How many finished results may wait for a slow consumer before no more items are begun.
   *
   * @default The concurrency, or its `max`
   */
  readonly buffer?: number;
  /** Called with the progress: at the start, up to five times a second, and at the end. */
  readonly onProgress?: (progress: ProgressReport) => void;
}

/** What a run of calls takes beside that. */
export interface CallRunOptions extends RunOptions {
  /** Called with each result as it completes. Its lane waits for a returned promise. */
  readonly onResult?: (result: Result, index: number) => void | Promise<void>;
  /**
   * Told each piece of each answer as it comes, and waited for; asks the providers to stream. A
   * call's own `onDelta` is called first.
   */
  readonly onDelta?: (text: string, index: number) => void | Promise<void>;
  /**
   * Stops the run at the first failure, instead of keeping failures as values.
   *
   * @default {false}
   */
  readonly throwOnError?: boolean;
}

/** The rules for {@linkcode RunOptions}. */
export const RUN_RULES: Rules = {
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
export const CALL_RUN_RULES: Rules = {
  ...RUN_RULES,
  onResult: callback,
  onDelta: callback,
  throwOnError: flag,
};

/** The limits of a run on its attempts, and how many items it works on at the same time. */
export function limitsOf({ concurrency, limits }: RunOptions): {
  readonly attempts: LimitOptions;
  readonly items: number;
} {
  const inForce = concurrency ?? limits?.concurrency ?? configuration().concurrency;
  return { attempts: { ...limits, concurrency: inForce }, items: maxConcurrency(inForce) };
}

/** Refuses what cannot be pulled from. */
export function checkSource(doing: string, name: string, source: unknown): void {
  if (
    typeof source !== "object" || source === null ||
    !(Symbol.iterator in source || Symbol.asyncIterator in source)
  ) {
    refuse(doing, name, "an array or another sync or async iterable", source);
  }
}
