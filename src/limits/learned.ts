/** The server's own rate limits, followed by what it says of them with its answers. */
import type { RateReport, RateState } from "../model/rates.ts";
import type { Rate } from "./rate.ts";

/** What was taken when an attempt was sent: what its answer says of the limits is read against that. */
export interface LearnedMark {
  /** When, in milliseconds. */
  readonly at: number;
  readonly requests: number;
  readonly tokens: number;
}

/** Both limits of one model. Until the server has told of them they let everything pass. */
export class Learned {
  /** Its limit on requests. */
  readonly requests = new LearnedRate();
  /** Its limit on tokens. */
  readonly tokens = new LearnedRate();

  /** To be kept from when an attempt is sent until its answer comes. */
  mark(now: number): LearnedMark {
    return { at: now, requests: this.requests.taken, tokens: this.tokens.taken };
  }

  /** What an answer said; one that says nothing comes from a server that has no such limits any more. */
  hear(report: RateReport | undefined, mark: LearnedMark, now: number): void {
    this.requests.hear(report?.requests, mark.at, mark.requests, now);
    this.tokens.hear(report?.tokens, mark.at, mark.tokens, now);
  }
}

/** From so many used on, the time until all of it is there again tells how fast it flows: below, rounding spoils it. */
const ENOUGH_TO_TELL = 10;

/**
 * One limit of the server's, as a bucket that should stand where the server's does. Other than a limit of our own it is full at first:
 * what the server lets pass at once is let pass.
 *
 * An answer tells how much was left when its request came in, which is some seconds ago. So what has flowed in since then is added, and
 * what was sent since then is taken off.
 */
export class LearnedRate implements Rate {
  #limit = Infinity;
  #level = Infinity;
  #perMs = 0;
  #at = 0;
  #asOf = -Infinity;
  /** Everything that was ever taken. */
  taken = 0;

  /** Has the server told of it? */
  get known(): boolean {
    return this.#limit !== Infinity;
  }

  /** What an answer said whose request was sent at `sentAt`, when `taken` was `takenThen`. */
  hear(state: RateState | undefined, sentAt: number, takenThen: number, now: number): void {
    // Answers overtake each other: the latest request knows most.
    if (sentAt < this.#asOf) return;
    this.#asOf = sentAt;
    if (state === undefined || !(state.limit > 0)) {
      this.#limit = Infinity;
      return;
    }
    const { limit, remaining, resetMs } = state;
    this.#limit = limit;
    const used = limit - remaining;
    if (resetMs !== undefined && resetMs > 0 && used >= ENOUGH_TO_TELL) {
      this.#perMs = used / resetMs;
    } else if (this.#perMs === 0) this.#perMs = limit / 60_000;
    const since = this.taken - takenThen;
    this.#level = Math.min(limit, remaining + (now - sentAt) * this.#perMs) - since;
    this.#at = now;
  }

  waitFor(amount: number, now: number): number {
    if (!this.known) return 0;
    this.#flow(now);
    const missing = Math.min(amount, this.#limit) - this.#level;
    return missing <= 1e-9 ? 0 : missing / this.#perMs;
  }

  take(amount: number, now: number): void {
    this.taken += amount;
    if (!this.known) return;
    this.#flow(now);
    this.#level -= amount;
  }

  correct(amount: number, now: number): void {
    this.taken -= amount;
    if (!this.known) return;
    this.#flow(now);
    this.#level = Math.min(this.#limit, this.#level + amount);
  }

  #flow(now: number): void {
    this.#level = Math.min(this.#limit, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
