/**
 * Shares one request among identical calls in flight. The first call leads and does the work; the
 * others follow and wait for its outcome.
 */
import { onAbort } from "../async/abort.ts";
import { Heartbeat } from "../async/heartbeat.ts";

/** Options of {@linkcode SingleFlight.share}. */
export interface ShareOptions {
  /**
   * Ends this caller's wait only. Its own work must end too when it aborts: no follower takes over
   * before.
   */
  readonly signal: AbortSignal;
  /**
   * Whether the work failed for a reason that only this caller has, such as its budget or its
   * callback. The next follower then leads. An abort of the signal, by a time limit too, always is
   * such a reason.
   */
  readonly isOwnFailure: (error: unknown) => boolean;
}

/** The outcome of {@linkcode SingleFlight.share}. */
export interface SharedOutcome<T> {
  /** The value, the same object for all callers. */
  readonly value: T;
  /** Whether another caller did the work. */
  readonly shared: boolean;
}

/** Thrown to a follower whose leader failed. Its `cause` is the error of the leader. */
export class SharedFailure extends Error {
  /** The name of the class. */
  override readonly name = "SharedFailure";

  /** Wraps the error of the leader. */
  constructor(cause: unknown) {
    super("the request that was shared with another call failed", { cause });
  }
}

/** The outcome that makes the next follower the leader. */
const LEAD = Symbol("lead");

type Outcome = { readonly value: unknown } | SharedFailure | typeof LEAD;

/** Receives the outcome. */
type Follower = (outcome: Outcome) => void;

interface Flight {
  readonly followers: Set<Follower>;
  /**
   * Iterates over the followers, once for the whole flight. A new iterator would skip the deleted
   * entries each time, which takes seconds when 100,000 callers give up one after another.
   */
  readonly next: Iterator<Follower>;
}

/** The work in flight, by key. All work of one key must have one type. */
export class SingleFlight {
  readonly #flights = new Map<string, Flight>();

  /** The number of keys in flight. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Does the work, or waits for the caller that is doing it. The work must not share its own key:
   * it would wait for itself.
   *
   * @throws The error of this caller's own work.
   * @throws {SharedFailure} If the work of another caller failed.
   * @throws The signal's reason, if it aborts while another caller works.
   */
  async share<T>(
    key: string,
    work: () => Promise<T>,
    options: ShareOptions,
  ): Promise<SharedOutcome<T>> {
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const followers = new Set<Follower>();
      this.#flights.set(key, flight = { followers, next: followers.values() });
    } else {
      // A follower that takes over continues here, in its own asynchronous context.
      const outcome = await this.#follow(key, flight, options.signal);
      if (outcome instanceof SharedFailure) throw outcome;
      if (outcome !== LEAD) return { value: outcome.value as T, shared: true };
    }
    return { value: await this.#lead(key, flight, work, options), shared: false };
  }

  async #lead<T>(
    key: string,
    flight: Flight,
    work: () => Promise<T>,
    { signal, isOwnFailure }: ShareOptions,
  ): Promise<T> {
    let outcome: Outcome = LEAD;
    let leads = true;
    using _ = Heartbeat.start(() => {
      leads = false;
      this.#handOver(key, flight);
    });
    try {
      // It may have aborted before, or while it took over.
      signal.throwIfAborted();
      const value = await work();
      outcome = { value };
      return value;
    } catch (error) {
      if (!signal.aborted && !isOwnFailure(error)) outcome = new SharedFailure(error);
      throw error;
    } finally {
      if (leads) this.#end(key, flight, outcome);
    }
  }

  /** Waits for the outcome of the leader. */
  #follow(key: string, flight: Flight, signal: AbortSignal): Promise<Outcome> {
    const { followers } = flight;
    let received: Outcome | undefined;
    const heartbeat = Heartbeat.start(() => {
      // It has not noticed that it leads, and never will.
      if (received === LEAD) this.#handOver(key, flight);
      else followers.delete(follower);
    });
    let follower!: Follower;
    const outcome = new Promise<Outcome>((resolve, reject) => {
      follower = (outcome) => {
        received = outcome;
        release();
        resolve(outcome);
      };
      followers.add(follower);
      const release = onAbort(signal, () => {
        followers.delete(follower);
        reject(signal.reason);
      });
    });
    return heartbeat === undefined ? outcome : outcome.finally(() => heartbeat[Symbol.dispose]());
  }

  #end(key: string, flight: Flight, outcome: Outcome): void {
    if (outcome === LEAD) this.#handOver(key, flight);
    else this.#land(key, flight, outcome);
  }

  #handOver(key: string, { followers, next }: Flight): void {
    const { value: follower, done } = next.next();
    if (done) {
      this.#flights.delete(key);
    } else {
      followers.delete(follower);
      follower(LEAD);
    }
  }

  #land(key: string, { followers }: Flight, outcome: Exclude<Outcome, typeof LEAD>): void {
    this.#flights.delete(key);
    for (const follower of followers) follower(outcome);
  }
}

/** The shared requests of this process. */
export const singleFlight: SingleFlight = new SingleFlight();
