import { track } from "../call/context.ts";
import { callback, checkOptions, flag, type RulesFor } from "../model/check_options.ts";
import { abortCode, type RunError } from "../model/errors.ts";
import type { JournalOnly } from "../model/journal.ts";
import { fillSkipped, type Skipped } from "./batch.ts";
import { checkJournal, type OnlyOptions } from "./journal_options.ts";
import { thrownValue } from "./journalled.ts";
import { checkSource, RUN_RULES, type RunOptions } from "./run_options.ts";
import { openRun } from "./open_run.ts";

/** Options of {@linkcode each}. */
export interface EachOptions<T = never, Settle extends boolean = boolean> extends RunOptions {
  /**
   * Whether to continue after a throw and return settled results instead of values.
   *
   * @default {false}
   */
  readonly settle?: Settle;
  /**
   * Returns the key of an item in the `journal`, such as a row number. It is required where items
   * are not plain data. The journal does not see the function: set a new `version` when it
   * changes.
   *
   * @default A hash of the item
   */
  readonly key?: (item: T, index: number) => string | number;
}

/** The second parameter of the function of {@linkcode each}. */
export interface EachContext {
  /** The index of the item in the input, from 0. */
  readonly index: number;
  /** Aborts when the run ends early. */
  readonly signal: AbortSignal;
}

/** The settled result of one item of {@linkcode each}: a union on `ok`. */
export type Settled<R = unknown> =
  | {
    /** The function returned. */
    readonly ok: true;
    /** The value that it returned. */
    readonly value: R;
    /** Always absent. */
    readonly error?: undefined;
  }
  | {
    /** The function threw. */
    readonly ok: false;
    /** The value that it threw. */
    readonly error: unknown;
    /** Always absent. */
    readonly value?: undefined;
  };

const EACH_RULES: RulesFor<EachOptions & OnlyOptions> = {
  ...RUN_RULES,
  settle: flag,
  key: callback,
};

/**
 * Runs a function over items concurrently and returns its values in input order.
 *
 * Calls inside the function belong to the run: its `concurrency` limits their attempts and its
 * `signal` aborts them. The first throw stops the pulling of items, aborts the rest and rejects,
 * unless `settle` is set.
 *
 * @param items Any sync or async iterable.
 * @param fn The function that processes one item. It may be async.
 * @throws {TypeError} If an option is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {RunError} If the function, the source or a callback throws, the signal aborts or the
 * deadline passes. It carries the finished `results` and the reason as its `cause`.
 *
 * @example
 * ```ts
 * import { defineAgent, each } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("short");
 * const Summary = defineAgent({ name: "summary", model: "m", prompt: "{text}", provider });
 * const files = ["one", "two", "three"];
 * const docs = await each(files, async (file, { index }) => {
 *   const { content } = await Summary.call({ text: file });
 *   return `${index}: ${content}`;
 * }, { concurrency: 10 });
 * console.log(docs); // ["0: short", "1: short", "2: short"]
 * ```
 */
export function each<
  T,
  R,
  Settle extends boolean = false,
  Only extends JournalOnly | undefined = undefined,
>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions<T, Settle> & OnlyOptions<Only> = {},
): Promise<((Settle extends true ? Settled<R> : R) | Skipped<Only>)[]> {
  return track(collectValues(items, fn, options)) as ReturnType<typeof each<T, R, Settle, Only>>;
}

async function collectValues<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions<T> & OnlyOptions,
): Promise<(R | Settled<R>)[]> {
  const doing = "run each";
  checkSource(doing, "items", items);
  callback(doing, "fn", fn);
  checkOptions(doing, options, EACH_RULES);
  checkJournal(doing, options);
  const { settle = false, key } = options;
  const results: (R | Settled<R>)[] = [];
  const run = openRun<T, never, void>(items, options, {
    async process(item, index, run) {
      let outcome: Settled<R>;
      let replayed = false;
      if (run.journal === undefined) {
        try {
          outcome = { ok: true, value: await fn(item, { index, signal: run.signal }) };
        } catch (error) {
          outcome = { ok: false, error };
        }
      } else {
        const itemKey = key && String(key(item, index));
        const identity = { index, key: itemKey, name: fn.name || "each" };
        const work = () => fn(item, { index, signal: run.signal });
        const result = await run.journal.item(item, identity, run.signal, work);
        if (result === undefined) return run.skipped();
        replayed = result.replayed;
        outcome = result.ok
          ? { ok: true, value: result.content as R }
          : { ok: false, error: thrownValue(result) };
      }
      if (outcome.ok) {
        if (!run.stopped) results[index] = settle ? outcome : outcome.value;
      } else {
        if (run.stopped) return;
        if (settle) results[index] = outcome;
        else run.fail(outcome.error, `its function threw at item ${index}`);
      }
      run.finished(replayed ? { ok: outcome.ok, replayed } : outcome);
    },
    toOutput: () => undefined,
    ignoresAbort: true,
    stopsOnFailure: !settle,
    name: "each",
    results,
  });
  try {
    // The run emits no values, so the first answer is its end.
    await run.next();
    fillSkipped(results, items, options);
    return results;
  } catch (error) {
    const { cause } = error as RunError;
    if (settle && isDeadline(cause, options)) {
      const length = Array.isArray(items) ? items.length : run.started;
      for (let i = 0; i < length; i++) results[i] ??= { ok: false, error: cause };
      return results;
    }
    throw error;
  }
}

/** Whether the run's own deadline has passed. */
function isDeadline(cause: unknown, { deadline, signal }: RunOptions): boolean {
  return deadline !== undefined && abortCode(cause) === "timeout" && cause !== signal?.reason;
}
