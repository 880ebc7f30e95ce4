import { configuration } from "../call/options/config.ts";
import { budgetsOf, currentContext, inContext } from "../call/context.ts";
import { modeFor } from "../call/options/mode.ts";
import { limiterFor } from "../limits/adaptive_limiter.ts";
import { ChildAbort, onAbort } from "../async/abort.ts";
import type { RunError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { endEarly } from "./end_early.ts";
import { holdTimers } from "../async/timer.ts";
import { Lanes } from "./lanes.ts";
import { Journalled } from "./journalled.ts";
import { limitsOf, type RunOptions } from "./run_options.ts";
import { Progress } from "./progress.ts";

/** What a run does with its items. */
export interface Work<T, R, V = unknown> {
  /** Works on one item. A throw ends the run. */
  item(item: T, index: number, run: RunHandle): Promise<V>;
  /** Maps the result to the emitted value; `undefined` is skipped. An error ends the run. */
  made(value: V, item: T, index: number, run: RunHandle): R | undefined | Promise<R | undefined>;
  /**
   * May the work go on after an abort, because it is a function of the caller's that need not
   * listen? Then it is left behind, and the run fails at its deadline, instead of the items that
   * are not finished.
   */
  readonly deaf: boolean;
  /** Whether a failure stops the run. */
  readonly stops: boolean;
  /** What the run is called in its error, such as "the batch". */
  readonly name: string;
  /** The finished results by input index, for the error of a run that ends early. */
  readonly results?: readonly unknown[];
}

/** The run, as the work on an item sees it. */
export interface RunHandle {
  /** Aborts the work on the items: the run was stopped, or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Whether the run was stopped. At the deadline it is not: unfinished items are failures. */
  readonly stopped: boolean;
  /** Where the items are recorded, if they are. */
  readonly journal: Journalled | undefined;
  /** Tells that the item is finished, and whether it succeeded. One that is dropped is not. */
  finished(ok: boolean, replayed?: boolean): void;
  /** Tells that the item was passed over. */
  skipped(): void;
  /**
   * Ends the run with this error, behind what is finished; `why` is what happened, in a few
   * words.
   */
  fail(error: unknown, why: string): void;
}

/** A run that has begun. */
export interface Run<R> {
  /** How many items were begun. */
  readonly begun: number;
  /**
   * The next value, or the end.
   *
   * @throws {RunError} If the run ended early.
   */
  next(): Promise<IteratorResult<R, undefined>>;
  /**
   * Stops it: nothing more is pulled, what is in flight is aborted, and afterwards nothing fires.
   */
  stop(): Promise<void>;
}

/** Begins to work on the items, inside the context of the caller. */
export function openRun<T, R, V>(
  source: Iterable<T> | AsyncIterable<T>,
  options: RunOptions,
  work: Work<T, R, V>,
): Run<R> {
  const context = currentContext();
  const { attempts, items: concurrency } = limitsOf(options);
  const abort = new ChildAbort(context.signal, options.signal);
  const items = new ChildAbort(abort.signal);
  const known = Array.isArray(source);
  const journal = options.journal && new Journalled(options.journal, options, work.stops);
  const thrown: { readonly error: unknown; readonly why: string }[] = [];
  const note = (error: unknown, why: string): void => void thrown.push({ error, why });

  const handle: RunHandle = {
    signal: items.signal,
    get stopped() {
      return abort.signal.aborted;
    },
    journal,
    finished: (ok, replayed) => progress.finish(ok, replayed),
    skipped: () => progress.skip(),
    fail(error, why) {
      note(error, why);
      lanes.fail(error);
    },
  };
  const letGo = holdTimers();
  const lanes = new Lanes<T, R, V>({
    source,
    concurrency,
    buffer: options.buffer ?? concurrency,
    abort,
    waits: !work.deaf,
    onSourceError: (error) => note(error, "its source threw"),
    work: (item, index) => work.item(item, index, handle),
    made: (value, item, index) => work.made(value, item, index, handle),
  });
  const progress = new Progress({
    total: known ? source.length : undefined,
    begun: () => lanes.pulled,
    recorded: journal !== undefined,
    onProgress: options.onProgress,
    fail: (error) => handle.fail(error, "onProgress threw"),
  });
  const collect = (part: Result): void => {
    progress.use(part);
    context.collect?.(part);
  };

  items.abortAfter(options.deadline, "the run was not finished");
  const release = onAbort(items.signal, () => {
    // At the deadline the rest of an array fails item by item; who knows how long another source
    // goes on?
    if (work.deaf) lanes.fail(items.signal.reason);
    else if (!known) lanes.finish();
  });
  // Even if the rest is not consumed: after an abort there is nothing to report.
  onAbort(abort.signal, () => {
    letGo();
    progress.close(false);
  });
  async function close(report: boolean): Promise<void> {
    release();
    letGo();
    items[Symbol.dispose]();
    abort[Symbol.dispose]();
    await progress.close(report);
  }

  async function conclude(): Promise<void> {
    try {
      await journal?.close();
    } catch (error) {
      await close(false);
      throw errorOf(error);
    }
    try {
      await close(true);
    } catch (error) {
      note(error, "onProgress threw");
      throw errorOf(error);
    }
  }
  async function breakOff(error: unknown): Promise<never> {
    // What ended the run is the error to report.
    await journal?.close().catch(() => {});
    await close(false);
    throw errorOf(error);
  }
  function errorOf(cause: unknown): RunError {
    const { name, results } = work;
    const others = thrown.map(({ error }) => error).filter((error) => error !== cause);
    return endEarly({ name, why: whyOf(cause), cause, errors: [cause, ...others], results });
  }
  function whyOf(cause: unknown): string | undefined {
    const { signal } = options;
    if (signal?.aborted && cause === signal.reason) return "it was aborted";
    if (context.signal?.aborted && cause === context.signal.reason) {
      return "the call or scope that it runs in was aborted";
    }
    return thrown.find(({ error }) => error === cause)?.why;
  }

  inContext(
    {
      ...context,
      signal: items.signal,
      limiters: [limiterFor(attempts), ...context.limiters],
      budgets: budgetsOf(options, context),
      // The lanes are not awaited one by one.
      priority: 0,
      mode: modeFor(options.mode, context.mode, configuration().mode),
      collect,
    },
    () => lanes.start(journal?.open()),
  );
  return {
    get begun() {
      return lanes.pulled;
    },
    next() {
      return lanes.next().then(
        (next) => next.done ? conclude().then(() => next) : next,
        (error) => breakOff(error),
      );
    },
    async stop() {
      const stopping = lanes.stop(new DOMException("The run was stopped", "AbortError"));
      await close(false);
      await stopping;
      try {
        await journal?.close();
      } catch (error) {
        throw errorOf(error);
      }
    },
  };
}
