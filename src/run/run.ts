import { currentContext, inContext } from "../agent/context.ts";
import { Gate } from "../limits/gate.ts";
import { ChildAbort, onAbort } from "../model/abort.ts";
import { Lanes } from "./lanes.ts";
import { concurrencyOf, type RunOptions } from "./options.ts";
import { type Finished, Progress } from "./progress.ts";

/** What a run does with its items. */
export interface Work<T, R> {
  /** Works on one item; `undefined` is not handed on. A throw ends the run. */
  item(item: T, index: number, run: RunHandle): Promise<R | undefined>;
  /** What the progress report is to know of a finished one. */
  finished(value: R): Finished;
  /** Does the run fail at its deadline, instead of the items that are not finished? */
  readonly failsAtDeadline?: boolean;
}

/** The run, as the work on an item sees it. */
export interface RunHandle {
  /** Aborts the work on the items: the run was stopped, or its deadline has passed. */
  readonly signal: AbortSignal;
  /** Has the run been stopped? Not so at the deadline: then what is unfinished is a failure. */
  readonly stopped: boolean;
  /** Ends the run with this error, behind what is finished. */
  fail(error: unknown): void;
}

/** A run that has begun. */
export interface Run<R> {
  /** The next value, or the end. Throws what ended the run early. */
  next(): Promise<IteratorResult<R, undefined>>;
  /** Stops it: nothing more is pulled, what is in flight is aborted, and afterwards nothing fires. */
  stop(): Promise<void>;
}

/** Begins to work on the items, inside the context of the caller. */
export function openRun<T, R>(
  source: Iterable<T> | AsyncIterable<T>,
  options: RunOptions,
  work: Work<T, R>,
): Run<R> {
  const context = currentContext();
  const concurrency = concurrencyOf(options);
  const abort = new ChildAbort(context.signal, options.signal);
  const items = new ChildAbort(abort.signal);
  const known = Array.isArray(source);

  const handle: RunHandle = {
    signal: items.signal,
    get stopped() {
      return abort.signal.aborted;
    },
    fail: (error) => lanes.fail(error),
  };
  const lanes = new Lanes<T, R>({
    source,
    concurrency,
    buffer: options.buffer ?? concurrency,
    abort,
    async work(item, index) {
      progress.begin();
      let value: R | undefined;
      try {
        return value = await work.item(item, index, handle);
      } finally {
        progress.end(value === undefined ? undefined : work.finished(value));
      }
    },
  });
  const progress = new Progress(known ? source.length : undefined, options.onProgress, handle.fail);

  items.abortAfter(options.deadline, `the run was not finished within ${options.deadline} ms`);
  const release = onAbort(items.signal, () => {
    // At the deadline the rest of an array fails item by item; who knows how long another source goes on?
    if (work.failsAtDeadline) lanes.fail(items.signal.reason);
    else if (!known) lanes.finish();
  });
  // Even if nobody asks for what is left: after an abort there is nothing to report.
  onAbort(abort.signal, () => progress.close(false));
  async function close(report: boolean): Promise<void> {
    release();
    items[Symbol.dispose]();
    abort[Symbol.dispose]();
    await progress.close(report);
  }

  inContext(
    { ...context, signal: items.signal, gates: [new Gate(concurrency), ...context.gates] },
    () => lanes.start(),
  );
  return {
    async next() {
      let next: IteratorResult<R, undefined>;
      try {
        next = await lanes.next();
      } catch (error) {
        await close(false);
        throw error;
      }
      if (next.done) await close(true);
      return next;
    },
    async stop() {
      const stopping = lanes.stop(new DOMException("The run was stopped", "AbortError"));
      await close(false);
      await stopping;
    },
  };
}
