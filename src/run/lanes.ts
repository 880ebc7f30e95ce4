/**
 * The pool of every run. A fixed number of lanes pull items from a shared source, process them and
 * send the outputs through a bounded channel, so that a slow consumer slows the pulling.
 * `pooledMap` over the items is not used as it costs O(concurrency) per item, yields in input order
 * and goes on after `break`.
 */
import { Channel, ChannelClosedError } from "@std/async/channel";
import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { type ChildAbort, onAbort, untilAbort } from "../async/abort.ts";
import { Source } from "./source.ts";

/** Options of {@linkcode Lanes}. */
export interface LanesOptions<T, R, V = unknown> {
  /** The items. */
  readonly source: Iterable<T> | AsyncIterable<T>;
  /**
   * Processes one item. If it throws, the run ends: no more items are pulled, items in flight are
   * aborted, and the consumer receives the error.
   */
  readonly work: (item: T, index: number) => Promise<V>;
  /**
   * Converts the value to the output for the consumer; `undefined` is not emitted. If it throws,
   * the run ends, too.
   */
  readonly toOutput: (value: V, item: T, index: number) => R | undefined | Promise<R | undefined>;
  /** The maximum number of items in flight at once. */
  readonly concurrency: number;
  /** The maximum number of outputs that may wait for the consumer. */
  readonly buffer: number;
  /** Ends the run when it aborts. The run aborts it when it ends early. */
  readonly abort: ChildAbort;
  /**
   * Whether to wait for items in flight after an abort. Work that listens to its signal ends soon;
   * do not wait for work that may not listen.
   */
  readonly waitAfterAbort: boolean;
  /** Called when the source throws. */
  readonly onSourceError?: (error: unknown) => void;
}

/** The number of items after which the lanes yield to the event loop. */
const ITEMS_PER_TURN = 4096;

/**
 * The maximum number of lanes; beyond it, each lane carries several items. Starting a lane takes
 * `pooledMap` 25 µs and a kilobyte.
 */
const MAX_LANES = 100;

/** An item and its index in the input. */
interface Pulled<T> {
  readonly item: T;
  readonly index: number;
}

/** Processes items concurrently and returns the outputs in the order of completion. */
export class Lanes<T, R, V = unknown> {
  readonly #options: LanesOptions<T, R, V>;
  readonly #source: Source<T>;
  readonly #values: Channel<R>;
  #index = 0;
  #ended = false;
  #failed: { readonly error: unknown } | undefined;
  #running: Promise<void> | undefined;
  #turn: Promise<void> | undefined;

  /** Does not pull anything yet. */
  constructor(options: LanesOptions<T, R, V>) {
    this.#options = options;
    this.#source = new Source(options.source);
    this.#values = new Channel({ capacity: options.buffer });
  }

  /** The number of items pulled. */
  get pulled(): number {
    return this.#index;
  }

  /** Starts to pull, after `ready` if it is given. If `ready` rejects, the run ends. */
  start(ready?: Promise<void>): void {
    this.#running = ready === undefined ? this.#run() : this.#runAfter(ready);
  }

  /**
   * Returns the next output, or the end.
   *
   * @throws What the source or the work threw, or the abort reason, once all earlier outputs have
   * been returned.
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

  /** Stops pulling. Items in flight finish. */
  finish(): void {
    this.#source.close();
  }

  /** Aborts items in flight. The consumer receives the outputs that are ready, then the error. */
  fail(error: unknown): void {
    if (this.#failed !== undefined || this.#ended) return;
    this.#failed = { error };
    this.#source.close();
    this.#options.abort.abort(error);
  }

  /** Stops pulling, aborts items in flight and waits until they have ended. */
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
    const { abort, waitAfterAbort } = this.#options;
    const release = onAbort(abort.signal, () => this.fail(abort.signal.reason));
    const lanes = this.#lanes();
    await (waitAfterAbort ? lanes : untilAbort(lanes, abort.signal).catch(() => {}));
    release();
    this.#ended = true;
    if (this.#failed === undefined) this.#values.close();
    else this.#values.close(this.#failed.error);
  }

  /** Runs all lanes to their end. A lane never throws. */
  async #lanes(): Promise<void> {
    const { source, concurrency } = this.#options;
    const size = Array.isArray(source) ? Math.min(concurrency, source.length) : concurrency;
    if (size === 0) return;
    const lanes = Math.min(size, MAX_LANES);
    const widths = Array.from({ length: lanes }, (_, i) => Math.floor((size + i) / lanes));
    for await (const _ of pooledMap(lanes, widths, (width) => this.#lane(width)));
  }

  /**
   * Runs a lane that carries up to `width` items at once. It widens only as items come, so that a
   * high limit costs nothing for few items.
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

  /** Processes one item after another until the source is exhausted. */
  async #follow(next: Pulled<T> | undefined): Promise<void> {
    const { work, toOutput, abort } = this.#options;
    while (next !== undefined) {
      const { item, index } = next;
      if (index % ITEMS_PER_TURN === ITEMS_PER_TURN - 1) {
        this.#turn = delay(0).then(() => this.#turn = undefined);
      }
      if (this.#turn !== undefined) await this.#turn;
      // The run may have been aborted since the item was pulled.
      if (abort.signal.aborted) return;
      try {
        const output = toOutput(await work(item, index), item, index);
        const value = output instanceof Promise ? await output : output;
        if (value !== undefined && !this.#values.trySend(value)) await this.#values.send(value);
      } catch (error) {
        if (!(error instanceof ChannelClosedError)) this.fail(error);
        return;
      }
      const pulled = this.#next();
      next = pulled instanceof Promise ? await pulled : pulled;
    }
  }

  /** Returns the next item, or `undefined` at the end. A promise only if the source needs one. */
  #next(): Promise<Pulled<T> | undefined> | Pulled<T> | undefined {
    const withIndex = (next: IteratorResult<T>): Pulled<T> | undefined =>
      next.done ? undefined : { item: next.value, index: this.#index++ };
    try {
      const pulled = this.#source.pull();
      if (pulled instanceof Promise) {
        return pulled.then(withIndex, (error) => this.#failSource(error));
      }
      return withIndex(pulled);
    } catch (error) {
      return this.#failSource(error);
    }
  }

  /** Records an error of the source. Items in flight finish. */
  #failSource(error: unknown): undefined {
    this.#options.onSourceError?.(error);
    this.#failed ??= { error };
  }
}
