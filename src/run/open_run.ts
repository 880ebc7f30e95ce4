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
import { RunJournal } from "./journalled.ts";
import { limitsOf, type RunOptions } from "./run_options.ts";
import { type FinishedItem, Progress } from "./progress.ts";

/** Defines how a run processes its items. */
export interface Work<T, R, V = unknown> {
  /** Processes one item. If it throws, the run ends. */
  process(item: T, index: number, run: RunHandle): Promise<V>;
  /**
   * Converts the value to the output for the consumer; `undefined` is not emitted. If it throws,
   * the run ends.
   */
  toOutput(
    value: V,
    item: T,
    index: number,
    run: RunHandle,
  ): R | undefined | Promise<R | undefined>;
  /**
   * Whether the work may ignore its signal, as a function of the caller may. The run does not wait
   * for such work after an abort, and at its deadline the run itself fails instead of its
   * unfinished items.
   */
  readonly ignoresAbort: boolean;
  /** Whether a failure stops the run. */
  readonly stopsOnFailure: boolean;
  /** The name of the run in its error, such as "the batch". */
  readonly name: string;
  /** The finished results, by input index, for the error of a run that ends early. */
  readonly results?: readonly unknown[];
}

/** The part of a run that the work on an item uses. */
export interface RunHandle {
  /** Aborts the work on items when the run is stopped or its deadline passes. */
  readonly signal: AbortSignal;
  /**
   * Whether the run was stopped. `false` at the deadline, when unfinished items become failures.
   */
  readonly stopped: boolean;
  /** Records the items, if the run has a journal. */
  readonly journal: RunJournal | undefined;
  /** Counts a finished item. An item whose outcome is discarded must not be counted. */
  finished(outcome: FinishedItem): void;
  /** Counts a skipped item. */
  skipped(): void;
  /**
   * Ends the run with an error, which the consumer receives after the finished results. `why`
   * states the reason in a few words.
   */
  fail(error: unknown, why: string): void;
}

/** A run in progress. */
export interface Run<R> {
  /** The number of items started. */
  readonly started: number;
  /**
   * Returns the next output, or the end.
   *
   * @throws {RunError} If the run ended early.
   */
  next(): Promise<IteratorResult<R, undefined>>;
  /**
   * Stops the run: no more items are pulled, items in flight are aborted, and no callback is called
   * afterwards.
   */
  stop(): Promise<void>;
}

/** Starts a run over the items, in the context of the caller. */
export function openRun<T, R, V>(
  source: Iterable<T> | AsyncIterable<T>,
  options: RunOptions,
  work: Work<T, R, V>,
): Run<R> {
  const context = currentContext();
  const { attempts, items: concurrency } = limitsOf(options);
  const abort = new ChildAbort(context.signal, options.signal);
  const items = new ChildAbort(abort.signal);
  const isList = Array.isArray(source);
  const journal = options.journal && new RunJournal(options.journal, options, work);
  const thrown: { readonly error: unknown; readonly why: string }[] = [];
  const addThrown = (error: unknown, why: string): void => void thrown.push({ error, why });

  const handle: RunHandle = {
    signal: items.signal,
    get stopped() {
      return abort.signal.aborted;
    },
    journal,
    finished: (outcome) => progress.finish(outcome),
    skipped: () => progress.skip(),
    fail(error, why) {
      addThrown(error, why);
      lanes.fail(error);
    },
  };
  const releaseTimers = holdTimers();
  const lanes = new Lanes<T, R, V>({
    source,
    concurrency,
    buffer: options.buffer ?? concurrency,
    abort,
    waitAfterAbort: !work.ignoresAbort,
    onSourceError: (error) => addThrown(error, "its source threw"),
    work: (item, index) => work.process(item, index, handle),
    toOutput: (value, item, index) => work.toOutput(value, item, index, handle),
  });
  const progress = new Progress({
    total: isList ? source.length : undefined,
    started: () => lanes.pulled,
    recorded: journal !== undefined,
    onProgress: options.onProgress,
    fail: (error) => handle.fail(error, "onProgress threw"),
  });
  const collect = (part: Result): void => {
    progress.addUsage(part);
    context.collect?.(part);
  };

  items.abortAfter(options.deadline, "the run was not finished");
  const release = onAbort(items.signal, () => {
    // At the deadline the rest of an array fails item by item. Other sources may be endless, so
    // they are not pulled any further.
    if (work.ignoresAbort) lanes.fail(items.signal.reason);
    else if (!isList) lanes.finish();
  });
  // Progress ends at once after an abort, even if the consumer never pulls the remaining outputs.
  onAbort(abort.signal, () => {
    releaseTimers();
    progress.close({ report: false });
  });
  async function close({ report }: { readonly report: boolean }): Promise<void> {
    release();
    releaseTimers();
    items[Symbol.dispose]();
    abort[Symbol.dispose]();
    await progress.close({ report });
  }

  async function conclude(): Promise<void> {
    try {
      await journal?.close();
    } catch (error) {
      await close({ report: false });
      throw runError(error);
    }
    try {
      await close({ report: true });
    } catch (error) {
      addThrown(error, "onProgress threw");
      throw runError(error);
    }
  }
  async function failRun(error: unknown): Promise<never> {
    // The error that ended the run is reported, not one of closing the journal.
    await journal?.close().catch(() => {});
    await close({ report: false });
    throw runError(error);
  }
  function runError(cause: unknown): RunError {
    const { name, results } = work;
    const others = thrown.map(({ error }) => error).filter((error) => error !== cause);
    return endEarly({ name, why: reasonFor(cause), cause, errors: [cause, ...others], results });
  }
  function reasonFor(cause: unknown): string | undefined {
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
      // No caller waits for a single call of a run.
      priority: 0,
      mode: modeFor(options.mode, context.mode, configuration().mode),
      collect,
    },
    () => lanes.start(journal?.open()),
  );
  return {
    get started() {
      return lanes.pulled;
    },
    next() {
      return lanes.next().then(
        (next) => next.done ? conclude().then(() => next) : next,
        (error) => failRun(error),
      );
    },
    async stop() {
      const stopping = lanes.stop(new DOMException("The run was stopped", "AbortError"));
      await close({ report: false });
      await stopping;
      try {
        await journal?.close();
      } catch (error) {
        throw runError(error);
      }
    },
  };
}
