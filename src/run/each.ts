import { currentContext, inContext, track } from "../agent/context.ts";
import { untilAbort } from "../model/abort.ts";
import { callback, checkOptions, flag } from "../model/check.ts";
import { BatchError } from "../model/errors.ts";
import type { ResultBase } from "../model/result.ts";
import { reasonOf } from "./batch.ts";
import { checkSource, RUN_RULES, type RunOptions } from "./options.ts";
import type { Finished } from "./progress.ts";
import { openRun } from "./run.ts";

/** What `each` takes beside what every run takes. */
export interface EachOptions extends RunOptions {
  /**
   * Goes on after a throw, and gives settled results instead of values.
   *
   * @default {false}
   */
  readonly settle?: boolean;
}

/** What the function of `each` is handed beside its item. */
export interface EachContext {
  /** The item's place in the input, from 0. */
  readonly index: number;
  /** Aborts when the run ends early. */
  readonly signal: AbortSignal;
}

/** How one item of `each` ended: a union on `ok`. */
export type Settled<R = unknown> =
  | {
    /** The function returned. */
    readonly ok: true;
    /** What it returned. */
    readonly value: R;
    /** Always absent. */
    readonly error?: undefined;
  }
  | {
    /** The function threw. */
    readonly ok: false;
    /** What it threw. */
    readonly error: unknown;
    /** Always absent. */
    readonly value?: undefined;
  };

/**
 * Runs a function over items, so many at a time, and gives what it returns in the order of the input.
 *
 * Calls made inside count towards the run: its `concurrency` holds for their attempts and its `signal` aborts them. The first throw
 * stops the pulling, aborts the rest and rejects, unless `settle` is set.
 *
 * @param items Any sync or async iterable.
 * @param fn Works on one item; may be async.
 * @throws {TypeError} If an option is wrong.
 * @throws {RangeError} If a number is out of range.
 * @throws {BatchError} If the function, the source or a callback throws, the signal aborts or the deadline passes. It carries what
 * was finished by then; the reason is its `cause`.
 *
 * @example
 * ```ts
 * import { defineAgent, each } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Summary = defineAgent({ name: "summary", model: "m", prompt: "{text}", provider: scripted("short") });
 * const files = ["one", "two", "three"];
 * const docs = await each(files, async (file, { index }) => {
 *   const { content } = await Summary.call({ text: file });
 *   return `${index}: ${content}`;
 * }, { concurrency: 10 });
 * console.log(docs); // ["0: short", "1: short", "2: short"]
 * ```
 */
export function each<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions & { readonly settle: true },
): Promise<Settled<R>[]>;
/** Runs a function over items; the first throw ends the run. */
export function each<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options?: EachOptions & { readonly settle?: false },
): Promise<R[]>;
export function each<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions = {},
): Promise<(R | Settled<R>)[]> {
  return track(collect(items, fn, options));
}

/** What the run hands on of one item. */
interface Item<R> {
  readonly settled: Settled<R>;
  readonly index: number;
  /** Tells of the calls that were made inside, too. */
  readonly finished: Finished;
}

async function collect<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions,
): Promise<(R | Settled<R>)[]> {
  const doing = "run each";
  checkSource(doing, "items", items);
  callback(doing, "fn", fn);
  checkOptions(doing, options, { ...RUN_RULES, settle: flag });
  const results: (R | Settled<R>)[] = [];
  const run = openRun<T, Item<R>>(items, options, {
    async item(item, index, run) {
      const { signal } = run;
      const finished = { ok: true, tokens: 0, cost: undefined as number | undefined };
      const context = currentContext();
      const collect = (part: ResultBase): void => {
        finished.tokens += part.usage.totalTokens;
        if (part.cost !== undefined) finished.cost = (finished.cost ?? 0) + part.cost.total;
        context.collect?.(part);
      };
      try {
        // At the deadline the rest of an array is not begun any more.
        signal.throwIfAborted();
        const work = inContext(
          { ...context, collect },
          async () => await fn(item, { index, signal }),
        );
        const value = await untilAbort(work, signal);
        return { settled: { ok: true, value }, index, finished };
      } catch (error) {
        finished.ok = false;
        if (!options.settle) run.fail(error);
        else if (!run.stopped) return { settled: { ok: false, error }, index, finished };
      }
    },
    finished: ({ finished }) => finished,
    failsAtDeadline: !options.settle,
  });
  try {
    for (;;) {
      const next = await run.next();
      if (next.done) return results;
      const { index, settled } = next.value;
      results[index] = options.settle ? settled : settled.value as R;
    }
  } catch (cause) {
    throw new BatchError(
      `Cannot finish each as ${reasonOf(cause)}: see \`results\` for what is done`,
      {
        errors: [cause],
        results,
        cause,
      },
    );
  }
}
