/**
 * Those who want the same at the same time share one request: the first who comes is the leader and does the work, the others
 * follow it and wait for its outcome.
 */
import { onAbort } from "../async/abort.ts";

/** What one caller brings along. */
export interface ShareOptions {
  /** Ends the waiting of this caller, and of nobody else. Its work must end too when it aborts: nobody takes over before. */
  readonly signal: AbortSignal;
  /**
   * Did the work fail for reasons that only this caller has: its budget, its callback? Then the next one tries. An abort of
   * its signal, its time limits included, always is such a reason.
   */
  readonly own: (error: unknown) => boolean;
}

/** What came of it. */
export interface Shared<T> {
  /** The outcome; the same object for all. */
  readonly value: T;
  /** True if another caller did the work. */
  readonly shared: boolean;
}

/** What a follower is told when its leader failed as anybody would have: the leader's error is its `cause`. */
export class SharedFailure extends Error {
  /** Its name, as the runtime shows it. */
  override readonly name = "SharedFailure";

  /** With the error of the leader. */
  constructor(cause: unknown) {
    super("the request that was shared with another call failed", { cause });
  }
}

/** The leader failed for reasons of its own: lead on. */
const LEAD = Symbol("lead");

type Outcome = { readonly value: unknown } | SharedFailure | typeof LEAD;

/** Tells one follower. */
type Follower = (outcome: Outcome) => void;

interface Flight {
  readonly followers: Set<Follower>;
  /**
   * Who leads next: one walk for the whole flight. To begin it anew each time is to pass the holes of all who left, again and
   * again: that is seconds where a hundred thousand give up one after another.
   */
  readonly next: Iterator<Follower>;
}

/** What is being done, by key. What shares a key must be of one type. */
export class Flights {
  readonly #flights = new Map<string, Flight>();

  /** How many keys are in flight. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Does the work, or waits for another caller that is doing it. Work must not share its own key again: it would wait for
   * itself.
   *
   * @throws The error of the own work.
   * @throws {SharedFailure} If the work of another caller failed as anybody's would have.
   * @throws The signal's reason, as soon as it aborts while another caller works.
   */
  async share<T>(key: string, work: () => Promise<T>, options: ShareOptions): Promise<Shared<T>> {
    let flight = this.#flights.get(key);
    if (flight === undefined) {
      const followers = new Set<Follower>();
      this.#flights.set(key, flight = { followers, next: followers.values() });
    } else {
      // Who is to lead goes on from here, in its own asynchronous context.
      const outcome = await follow(flight, options.signal);
      if (outcome instanceof SharedFailure) throw outcome;
      if (outcome !== LEAD) return { value: outcome.value as T, shared: true };
    }
    return { value: await this.#lead(key, flight, work, options), shared: false };
  }

  async #lead<T>(
    key: string,
    flight: Flight,
    work: () => Promise<T>,
    { signal, own }: ShareOptions,
  ): Promise<T> {
    let outcome: Outcome = LEAD;
    try {
      // It may have aborted before, or between being told to lead and leading.
      signal.throwIfAborted();
      const value = await work();
      outcome = { value };
      return value;
    } catch (error) {
      if (!signal.aborted && !own(error)) outcome = new SharedFailure(error);
      throw error;
    } finally {
      if (outcome === LEAD) this.#handOver(key, flight);
      else this.#land(key, flight, outcome);
    }
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

  #land(key: string, { followers }: Flight, outcome: Outcome): void {
    this.#flights.delete(key);
    for (const follower of followers) follower(outcome);
  }
}

/** Waits for what the leader has to tell. */
function follow({ followers }: Flight, signal: AbortSignal): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const follower: Follower = (outcome) => {
      release();
      resolve(outcome);
    };
    followers.add(follower);
    const release = onAbort(signal, () => {
      followers.delete(follower);
      reject(signal.reason);
    });
  });
}

/** The requests of this process that others may share. */
export const flights: Flights = new Flights();
