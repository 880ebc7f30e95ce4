import { track } from "../agent/context.ts";
import { callback, checkOptions, flag } from "../model/check.ts";
import { abortCode, BatchError } from "../model/errors.ts";
import { reasonOf } from "./batch.ts";
import { checkSource, RUN_RULES, type RunOptions } from "./options.ts";
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

async function collect<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  fn: (item: T, context: EachContext) => R | Promise<R>,
  options: EachOptions,
): Promise<(R | Settled<R>)[]> {
  const doing = "run each";
  checkSource(doing, "items", items);
  callback(doing, "fn", fn);
  checkOptions(doing, options, { ...RUN_RULES, settle: flag });
  const { settle = false } = options;
  const results: (R | Settled<R>)[] = [];
  const run = openRun<T, never, void>(items, options, {
    async item(item, index, run) {
      try {
        const value = await fn(item, { index, signal: run.signal });
        if (!run.stopped) results[index] = settle ? { ok: true, value } : value;
        run.finished(true);
      } catch (error) {
        if (run.stopped) return;
        if (!settle) run.fail(error);
        else results[index] = { ok: false, error };
        run.finished(false);
      }
    },
    made: () => undefined,
    deaf: true,
  });
  try {
    // Nothing is handed on: the first answer is the end.
    await run.next();
    return results;
  } catch (cause) {
    if (settle && isDeadline(cause, options)) {
      const length = Array.isArray(items) ? items.length : run.begun;
      for (let i = 0; i < length; i++) results[i] ??= { ok: false, error: cause };
      return results;
    }
    throw new BatchError(
      `Cannot finish each as ${reasonOf(cause)}: see \`results\` for what is done`,
      { errors: [cause], results, cause },
    );
  }
}

/** Has the run's own deadline passed? */
function isDeadline(cause: unknown, { deadline, signal }: EachOptions): boolean {
  return deadline !== undefined && abortCode(cause) === "timeout" && cause !== signal?.reason;
}
