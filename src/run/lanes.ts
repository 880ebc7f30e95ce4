/**
 * The pool under every run. `pooledMap` over the items would cost O(concurrency) for each of them, yield in input order and
 * run on after `break`; so it runs a fixed number of lanes instead. Each lane pulls the next item from the one shared source,
 * works on it and sends what comes of it through a bounded channel: a slow consumer slows the pulling.
 */
import { Channel, ChannelClosedError } from "@std/async/channel";
import { delay } from "@std/async/delay";
import { pooledMap } from "@std/async/pool";
import { type ChildAbort, onAbort } from "../model/abort.ts";
import { Source } from "./source.ts";

/** How {@linkcode Lanes} run. */
export interface LanesOptions<T, R> {
  /** The items. */
  readonly source: Iterable<T> | AsyncIterable<T>;
  /**
   * Works on one item; it must end soon after `abort` has aborted. `undefined` is not handed on. A throw ends the whole
   * run: nothing more is pulled, the rest is aborted, and the consumer gets the error.
   */
  readonly work: (item: T, index: number) => Promise<R | undefined>;
  /** How many items are worked on at the same time. */
  readonly concurrency: number;
  /** How many values may wait for the consumer. */
  readonly buffer: number;
  /** Ends the run when it aborts, and is aborted when the run ends early. */
  readonly abort: ChildAbort;
}

/** So many items are begun before everything else on the event loop gets its turn. */
const TURN = 4096;

/** A run over items: hands on what comes of them, in the order in which it comes. */
export class Lanes<T, R> {
  readonly #options: LanesOptions<T, R>;
  readonly #source: Source<T>;
  readonly #values: Channel<R>;
  #index = 0;
  #ended = false;
  #failed: { readonly error: unknown } | undefined;
  #running: Promise<void> | undefined;
  #turn: Promise<void> | undefined;

  /** Prepares the run. */
  constructor(options: LanesOptions<T, R>) {
    this.#options = options;
    this.#source = new Source(options.source);
    this.#values = new Channel({ capacity: options.buffer });
  }

  /** Begins to pull. */
  start(): void {
    this.#running = this.#run();
  }

  /**
   * The next value, or the end.
   *
   * @throws What the source or the work threw, or the reason of the abort; after everything before it was handed on.
   */
  async next(): Promise<IteratorResult<R, undefined>> {
    try {
      return { done: false, value: await this.#values.receive() };
    } catch (error) {
      if (error instanceof ChannelClosedError) return { done: true, value: undefined };
      throw error;
    }
  }

  /** Pulls no more items; those in flight are finished. */
  finish(): void {
    this.#source.close();
  }

  /** Stops pulling, aborts what is in flight and waits until it has ended. */
  async stop(reason: unknown): Promise<void> {
    this.#ended = true;
    this.#source.close();
    this.#values.close();
    this.#options.abort.abort(reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { source, concurrency, abort } = this.#options;
    const size = Array.isArray(source) ? Math.min(concurrency, source.length) : concurrency;
    const release = onAbort(abort.signal, () => this.fail(abort.signal.reason));
    if (size > 0) {
      // A lane never throws, so this ends when all lanes have ended.
      for await (const _ of pooledMap(size, this.#starts(size), (begun) => this.#lane(begun)));
    }
    release();
    this.#ended = true;
    if (this.#failed === undefined) this.#values.close();
    else this.#values.close(this.#failed.error);
  }

  /** Starts a lane when the one before has its first item: a high limit costs nothing where there are few items. */
  async *#starts(size: number): AsyncGenerator<() => void> {
    for (let lane = 0; lane < size && !this.#source.done; lane++) {
      const { promise, resolve } = Promise.withResolvers<void>();
      yield resolve;
      await promise;
    }
  }

  async #lane(begun: () => void): Promise<void> {
    const { work, abort } = this.#options;
    for (;;) {
      let next: IteratorResult<T>;
      try {
        const pulled = this.#source.pull();
        next = pulled instanceof Promise ? await pulled : pulled;
      } catch (error) {
        // The source is broken, but not what is in flight: that is let finish.
        this.#failed ??= { error };
        return;
      } finally {
        begun();
      }
      if (next.done) return;
      const index = this.#index++;
      if (index % TURN === TURN - 1) this.#turn = delay(0).then(() => this.#turn = undefined);
      if (this.#turn !== undefined) await this.#turn;
      // It may have ended between the answer of the source and now.
      if (abort.signal.aborted) return;
      try {
        const value = await work(next.value, index);
        if (value !== undefined && !this.#values.trySend(value)) await this.#values.send(value);
      } catch (error) {
        if (!(error instanceof ChannelClosedError)) this.fail(error);
        return;
      }
    }
  }

  /** Ends the run with this error, behind the values that are there already; the rest is aborted. */
  fail(error: unknown): void {
    if (this.#failed !== undefined || this.#ended) return;
    this.#failed = { error };
    this.#source.close();
    this.#options.abort.abort(error);
  }
}
