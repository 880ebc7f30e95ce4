/** Follows the rate limits that the server reports with its answers. */
import type { RateReport, RateState } from "../model/rate_report.ts";
import type { RateLimit } from "./rate_limit.ts";

/** The totals when an attempt was sent, itself included: its rate report is relative to them. */
export interface SentMark {
  /** The time, in milliseconds. */
  readonly at: number;
  readonly requests: number;
  readonly tokens: number;
}

/** The server's rate limits of one model. Until the server reports them, everything passes. */
export class ServerRateLimits {
  /** The limit on requests. */
  readonly requests = new ServerRateLimit();
  /** The limit on tokens. */
  readonly tokens = new ServerRateLimit();
  #latest = -Infinity;

  /**
   * Applies the report of an answer. `undefined` means that the server has no limits any more.
   */
  update(report: RateReport | undefined, mark: SentMark, now: number): void {
    // Answers overtake each other: the report of the latest request is the most accurate.
    if (mark.requests < this.#latest) return;
    this.#latest = mark.requests;
    this.requests.update(report?.requests, mark.at, mark.requests, now);
    this.tokens.update(report?.tokens, mark.at, mark.tokens, now);
  }
}

/** Below this amount used, rounding spoils the refill rate that `resetMs` implies. */
const MIN_USED_FOR_REFILL = 10;

/** This share of the limit is not used, as attempts in flight may use more than estimated. */
const MARGIN = 0.01;

/** The longest period of a limit, in milliseconds: a month. */
const LONGEST_PERIOD = 31 * 86_400_000;

/**
 * One rate limit of the server, as a bucket that tracks the level of the server's own. Unlike a
 * configured limit it starts full: the server accepts a burst, so the burst is sent.
 *
 * An answer reports how much was left when its request arrived, some seconds ago. So what has
 * flowed in since then is added, and what was taken since then is subtracted. The next answer
 * corrects errors of the estimate.
 */
export class ServerRateLimit implements RateLimit {
  #limit = Infinity;
  #level = Infinity;
  #perMs = 0;
  #at = 0;
  #taken = 0;
  #sent = 0;

  /** Whether the server has reported this limit. */
  get known(): boolean {
    return this.#limit !== Infinity;
  }

  /** The total amount ever sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Applies the state in the answer to a request sent at `sentAt`, when `sentThen` was sent. */
  update(state: RateState | undefined, sentAt: number, sentThen: number, now: number): void {
    const { limit = NaN, remaining = NaN, resetMs, periodMs } = state ?? {};
    // A provider may be user code: a state that is not made of numbers is ignored.
    if (!(limit > 0 && Number.isFinite(limit) && Number.isFinite(remaining))) {
      this.#limit = Infinity;
      return;
    }
    this.#limit = limit;
    this.#perMs = isPeriod(periodMs)
      ? limit / periodMs
      : this.#refillRate(limit, limit - remaining, resetMs);
    const then = Math.min(limit, remaining + (now - sentAt) * this.#perMs);
    this.#level = then - (this.#taken - sentThen);
    this.#at = now;
  }

  waitFor(amount: number, now: number): number {
    if (!this.known) return 0;
    this.#refill(now);
    const missing = Math.min(amount + MARGIN * this.#limit, this.#limit) - this.#level;
    return missing <= 1e-9 ? 0 : missing / this.#perMs;
  }

  take(amount: number, now: number): void {
    this.#taken += amount;
    this.#refill(now);
    this.#level -= amount;
  }

  markSent(amount: number): void {
    this.#sent += amount;
  }

  refund(amount: number, now: number): void {
    this.take(-amount, now);
  }

  /** Does nothing: the answer that reports the tokens used also reports how much is left. */
  correct(): void {}

  /**
   * Returns the refill per millisecond where no period is reported. Until it is known, the limit
   * refills within a minute, or faster if the server says so.
   */
  #refillRate(limit: number, used: number, resetMs = 0): number {
    const reported = resetMs > 0 ? used / resetMs : 0;
    if (used >= MIN_USED_FOR_REFILL && reported > 0) return reported;
    return this.#perMs > 0 ? this.#perMs : Math.max(limit / 60_000, reported);
  }

  #refill(now: number): void {
    this.#level = Math.min(this.#limit, this.#level + (now - this.#at) * this.#perMs);
    this.#at = now;
  }
}

/** Whether a limit can refill in this time. A shorter or longer one is an error of the provider. */
function isPeriod(ms: number | undefined): ms is number {
  return ms !== undefined && ms >= 1 && ms <= LONGEST_PERIOD;
}
