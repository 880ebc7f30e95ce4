/**
 * The pool under every run. `pooledMap` over the items would cost O(concurrency) for each of them,
 * yield in input order and run on after `break`; so it runs a fixed number of lanes instead. Each
 * lane pulls the next item from the one shared source, works on it and sends the result
 * through a bounded channel: a slow consumer slows the pulling.
 */
import { Channel, ChannelClosedError } from "@std/async/channel";
import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { type ChildAbort, onAbort, untilAbort } from "../async/abort.ts";
import { Source } from "./source.ts";

/** How {@linkcode Lanes} run. */
export interface LanesOptions<T, R, V = unknown> {
  /** The items. */
  readonly source: Iterable<T> | AsyncIterable<T>;
  /**
   * Works on one item. A throw ends the whole run: nothing more is pulled, the rest is aborted, and
   * the consumer gets the error.
   */
  readonly work: (item: T, index: number) => Promise<V>;
  /** Maps the result to the emitted value; `undefined` is skipped. An error ends the run, too. */
  readonly made: (value: V, item: T, index: number) => R | undefined | Promise<R | undefined>;
  /** How many items are worked on at the same time. */
  readonly concurrency: number;
  /** How many values may wait for the consumer. */
  readonly buffer: number;
  /** Ends the run when it aborts, and is aborted when the run ends early. */
  readonly abort: ChildAbort;
  /**
   * After an abort, is the work waited for? It ends soon if it listens; what does not listen is
   * better left behind.
   */
  readonly waits: boolean;
  /** Called when the source throws. */
  readonly onSourceError?: (error: unknown) => void;
}

/** The number of items that start before other work on the event loop gets its turn. */
const TURN = 4096;

/**
 * `pooledMap` takes 25 µs and a kilobyte to start a lane: of more than this many, each carries
 * several.
 */
const MOST_LANES = 100;

/** An item and its place in the input. */
interface Pulled<T> {
  readonly item: T;
  readonly index: number;
}

/** A run over items: yields results as they complete. */
export class Lanes<T, R, V = unknown> {
  readonly #options: LanesOptions<T, R, V>;
  readonly #source: Source<T>;
  readonly #values: Channel<R>;
  #index = 0;
  #ended = false;
  #failed: { readonly error: unknown } | undefined;
  #running: Promise<void> | undefined;
  #turn: Promise<void> | undefined;

  /** Prepares the run. */
  constructor(options: LanesOptions<T, R, V>) {
    this.#options = options;
    this.#source = new Source(options.source);
    this.#values = new Channel({ capacity: options.buffer });
  }

  /** How many items were pulled. */
  get pulled(): number {
    return this.#index;
  }

  /**
   * Begins to pull; when something is ready, if there is something to wait for. What that throws
   * ends the run.
   */
  start(ready?: Promise<void>): void {
    this.#running = ready === undefined ? this.#run() : this.#runAfter(ready);
  }

  /**
   * The next value, or the end.
   *
   * @throws What the source or the work threw, or the reason of the abort; after everything before
   * it was handed on.
   */
  next(): Promise<IteratorResult<R, undefined>> {
    const received = this.#values.tryReceive();
    if (received.state === "ok") return Promise.resolve({ done: false, value: received.value });
    return this.#values.receive().then(
      (value) => ({ done: false, value }),
      (error) => {
        if (error instanceof ChannelClosedError) return { done: true, value: undefined };
        throw error;
      },
    );
  }

  /** Pulls no more items; those in flight are finished. */
  finish(): void {
    this.#source.close();
  }

  /**
   * Ends the run with this error, behind the values that are there already; the rest is aborted.
   */
  fail(error: unknown): void {
    if (this.#failed !== undefined || this.#ended) return;
    this.#failed = { error };
    this.#source.close();
    this.#options.abort.abort(error);
  }

  /** Stops pulling, aborts what is in flight and waits until it has ended. */
  async stop(reason: unknown): Promise<void> {
    this.#ended = true;
    this.#source.close();
    this.#values.close();
    this.#options.abort.abort(reason);
    await this.#running;
  }

  async #runAfter(ready: Promise<void>): Promise<void> {
    try {
      await untilAbort(ready, this.#options.abort.signal);
    } catch (error) {
      this.#failed ??= { error };
      this.#source.close();
    }
    await this.#run();
  }

  async #run(): Promise<void> {
    const { abort, waits } = this.#options;
    const release = onAbort(abort.signal, () => this.fail(abort.signal.reason));
    const lanes = this.#lanes();
    await (waits ? lanes : untilAbort(lanes, abort.signal).catch(() => {}));
    release();
    this.#ended = true;
    if (this.#failed === undefined) this.#values.close();
    else this.#values.close(this.#failed.error);
  }

  /** Runs all lanes to their end. None ever throws. */
  async #lanes(): Promise<void> {
    const { source, concurrency } = this.#options;
    const size = Array.isArray(source) ? Math.min(concurrency, source.length) : concurrency;
    if (size === 0) return;
    const lanes = Math.min(size, MOST_LANES);
    const widths = Array.from({ length: lanes }, (_, i) => Math.floor((size + i) / lanes));
    for await (const _ of pooledMap(lanes, widths, (width) => this.#lane(width)));
  }

  /**
   * Runs a lane of up to `width` items at once. It widens as items arrive: a high limit costs
   * nothing if there are few.
   */
  async #lane(width: number): Promise<void> {
    if (width === 1) {
      const pulled = this.#next();
      return this.#follow(pulled instanceof Promise ? await pulled : pulled);
    }
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    let open = 1;
    const close = (): void => {
      if (--open === 0) resolve();
    };
    for (let i = 0; i < width; i++) {
      const pulled = this.#next();
      const first = pulled instanceof Promise ? await pulled : pulled;
      if (first === undefined) break;
      open++;
      this.#follow(first).then(close);
    }
    close();
    return ended;
  }

  /** Works on one item after another, until there is no more. */
  async #follow(next: Pulled<T> | undefined): Promise<void> {
    const { work, made, abort } = this.#options;
    while (next !== undefined) {
      const { item, index } = next;
      if (index % TURN === TURN - 1) this.#turn = delay(0).then(() => this.#turn = undefined);
      if (this.#turn !== undefined) await this.#turn;
      // It may have ended between the answer of the source and now.
      if (abort.signal.aborted) return;
      try {
        const making = made(await work(item, index), item, index);
        const value = making instanceof Promise ? await making : making;
        if (value !== undefined && !this.#values.trySend(value)) await this.#values.send(value);
      } catch (error) {
        if (!(error instanceof ChannelClosedError)) this.fail(error);
        return;
      }
      const pulled = this.#next();
      next = pulled instanceof Promise ? await pulled : pulled;
    }
  }

  /** The next item, or `undefined` at the end: without a promise where the source needs none. */
  #next(): Promise<Pulled<T> | undefined> | Pulled<T> | undefined {
    const numbered = (next: IteratorResult<T>): Pulled<T> | undefined =>
      next.done ? undefined : { item: next.value, index: this.#index++ };
    try {
      const pulled = this.#source.pull();
      if (pulled instanceof Promise) return pulled.then(numbered, (error) => this.#breakOff(error));
      return numbered(pulled);
    } catch (error) {
      return this.#breakOff(error);
    }
  }

  /** The source is broken, but not what is in flight: that is let finish. */
  #breakOff(error: unknown): undefined {
    this.#options.onSourceError?.(error);
    this.#failed ??= { error };
  }
}
