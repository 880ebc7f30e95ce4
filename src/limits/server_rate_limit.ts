/** The server's own rate limits, followed by what it says of them with its answers. */
import type { RateReport, RateState } from "../model/rate_report.ts";
import type { Rate } from "./rate_limit.ts";

/** What had gone out when an attempt did, itself included: what its answer says of the limits is read against that. */
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
  #latest = -Infinity;

  /** What an answer said. One that says nothing comes from a server that has no such limits any more. */
  hear(report: RateReport | undefined, mark: LearnedMark, now: number): void {
    // Answers overtake each other: the latest request knows most.
    if (mark.requests < this.#latest) return;
    this.#latest = mark.requests;
    this.requests.hear(report?.requests, mark.at, mark.requests, now);
    this.tokens.hear(report?.tokens, mark.at, mark.tokens, now);
  }
}

/** From so much used on, the time until all of it is there again tells how fast it flows: below, rounding spoils it. */
const ENOUGH_TO_TELL = 10;

/** This share of the limit is left untouched: what is under way may use more than was thought. */
const MARGIN = 0.01;

/**
 * One limit of the server's, as a bucket that should stand where the server's does. Other than a limit of our own it is full at first:
 * what the server lets pass at once is let pass.
 *
 * An answer tells how much was left when its request came in, which is some seconds ago. So what has flowed in since then is added, and
 * what was taken since then is taken off. The next answer corrects what was estimated wrongly.
 */
export class LearnedRate implements Rate {
  #limit = Infinity;
  #level = Infinity;
  #perMs = 0;
  #at = 0;
  #taken = 0;
  #sent = 0;

  /** Has the server told of it? */
  get known(): boolean {
    return this.#limit !== Infinity;
  }

  /** How much has ever gone out. */
  get sent(): number {
    return this.#sent;
  }

  /** What the answer said to a request that went out at `sentAt`, when `sentThen` had gone out. */
  hear(state: RateState | undefined, sentAt: number, sentThen: number, now: number): void {
    const { limit = NaN, remaining = NaN, resetMs } = state ?? {};
    // A provider is somebody else's code: what is no number says nothing.
    if (!(limit > 0 && Number.isFinite(limit) && Number.isFinite(remaining))) {
      this.#limit = Infinity;
      return;
    }
    this.#limit = limit;
    this.#perMs = this.#flowOf(limit, limit - remaining, resetMs);
    const then = Math.min(limit, remaining + (now - sentAt) * this.#perMs);
    this.#level = then - (this.#taken - sentThen);
    this.#at = now;
  }

  waitFor(amount: number, now: number): number {
    if (!this.known) return 0;
    this.#flow(now);
    const missing = Math.min(amount + MARGIN * this.#limit, this.#limit) - this.#level;
    return missing <= 1e-9 ? 0 : missing / this.#perMs;
  }

  take(amount: number, now: number): void {
    this.#taken += amount;
    this.#flow(now);
    this.#level -= amount;
  }

  send(amount: number): void {
    this.#sent += amount;
  }

  giveBack(amount: number, now: number): void {
    this.take(-amount, now);
  }

  /** The answer that tells how much it took tells also how much is left. */
  correct(): void {}

  /** How much flows in, in a millisecond. Until it is known, a minute fills the whole, or less if the server is faster. */
  #flowOf(limit: number, used: number, resetMs = 0): number {
    const told = resetMs > 0 ? used / resetMs : 0;
    if (used >= ENOUGH_TO_TELL && told > 0) return told;
    return this.#perMs > 0 ? this.#perMs : Math.max(limit / 60_000, told);
  }

  #flow(now: number): void {
    this.#level = Math.min(this.#limit, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}
