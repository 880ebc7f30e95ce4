/** Limiters that learn from the server's answers. */
import { boundsOf, type LimitOptions, mostOf } from "../model/limits.ts";
import { LONGEST_RETRY_AFTER } from "../model/errors.ts";
import type { RateReport } from "../model/rate_report.ts";
import { Learned, type LearnedMark } from "./server_rate_limit.ts";
import { type Answer, type Ask, Limiter } from "./limiter.ts";
import { type Episode, Window, type WindowOptions } from "./concurrency_window.ts";

/** A limiter that finds out how much concurrency the server bears. */
export class AdaptiveLimiter extends Limiter {
  readonly #window: Window;
  /** Who holds a permit may still wait for another one. */
  #onTheWire = 0;

  /** With the limits that are known, and the bounds of the window. */
  constructor(limits: LimitOptions, window: WindowOptions) {
    super(limits);
    this.#window = new Window({ ...window, reserve: limits.reserve });
    this.#follow();
  }

  override get found(): number | undefined {
    return this.#window.looks ? this.concurrency : undefined;
  }

  override send(ask: Ask, now: number = performance.now()): unknown {
    super.send(ask, now);
    this.#onTheWire++;
    return this.#window.send();
  }

  override hear(
    { heard, rates }: Answer,
    mark: unknown,
    ask: Ask,
    now: number = performance.now(),
  ): void {
    // What is refused for a rate that is followed is no reason for less concurrency.
    const rate = heard === "refused" && saysWhy(rates, ask);
    this.#window.hear(rate ? "nothing" : heard, mark as Episode, this.#onTheWire, now);
    this.#follow();
  }

  override release(ask: Ask, used: number | undefined): void {
    this.#onTheWire--;
    super.release(ask, used);
  }

  #follow(): void {
    const { concurrency } = this.#window;
    if (concurrency !== this.concurrency) this.concurrency = concurrency;
  }
}

/** The limiter that such limits ask for. */
export function limiterFor(limits: LimitOptions): Limiter {
  const bounds = boundsOf(limits);
  return bounds === undefined
    ? new Limiter(limits)
    : new AdaptiveLimiter(limits, { ...bounds, tolerance: 0 });
}

/** Where nobody asks for an adaptive concurrency, so many are always let through: what a small run needs. */
const FLOOR = 8;
/** And such a share of refusals is borne. */
const TOLERANCE = 0.1;

interface Mark extends LearnedMark {
  readonly episode: unknown;
}

/**
 * The limiter of a model behind a key. It follows the rate limits that the server tells of, and when the server refuses and asks to be left
 * alone, nobody asks it until then.
 */
export class ModelLimiter extends AdaptiveLimiter {
  readonly #learned = new Learned();
  #pausedAt = -Infinity;

  /** With the limits that are known. If they are not adaptive, the concurrency is not limited until the server refuses. */
  constructor(limits: LimitOptions) {
    const bounds = boundsOf(limits);
    const max = mostOf(limits) ?? Infinity;
    super(
      limits,
      bounds === undefined
        ? { start: max, min: Math.min(FLOOR, max), max, tolerance: TOLERANCE }
        : { ...bounds, tolerance: 0 },
    );
    this.rates.requests.push(this.#learned.requests);
    this.rates.tokens.push(this.#learned.tokens);
  }

  override send(ask: Ask, now: number = performance.now()): Mark {
    const episode = super.send(ask, now);
    const { requests, tokens } = this.#learned;
    return { episode, at: now, requests: requests.sent, tokens: tokens.sent };
  }

  override hear(answer: Answer, mark: Mark, ask: Ask, now: number = performance.now()): void {
    const { heard, rates, retryAfterMs } = answer;
    if (heard === "ok" || rates !== undefined) this.#learned.hear(rates, mark, now);
    super.hear(answer, mark.episode, ask, now);
    // Of all that were sent before, only the first that is refused stops the others.
    if (heard !== "refused" || mark.at <= this.#pausedAt) return;
    const ms = retryAfterMs ?? 0;
    if (!(ms > 0 && ms <= LONGEST_RETRY_AFTER)) return;
    this.#pausedAt = now;
    this.pause(ms);
  }
}

function saysWhy(rates: RateReport | undefined, { tokens }: Ask): boolean {
  return (rates?.requests?.remaining ?? Infinity) < 1 ||
    (rates?.tokens?.remaining ?? Infinity) < Math.max(1, tokens);
}
