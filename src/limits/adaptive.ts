/** Limiters that learn from the server's answers. */
import { boundsOf, type LimitOptions, mostOf } from "../model/limits.ts";
import { LONGEST_RETRY_AFTER } from "../model/retry_after.ts";
import { Learned, type LearnedMark } from "./learned.ts";
import { type Answer, Limiter } from "./limiter.ts";
import { type Episode, Window, type WindowOptions } from "./window.ts";

/** A limiter that finds out how much concurrency the server bears. */
export class AdaptiveLimiter extends Limiter {
  readonly #window: Window;

  /** With the limits that are known, and the bounds of the window. */
  constructor(limits: LimitOptions, window: WindowOptions) {
    super(limits);
    this.#window = new Window(window);
    this.#follow();
  }

  override get found(): number | undefined {
    return this.#window.moved ? this.concurrency : undefined;
  }

  override sent(): unknown {
    return this.#window.sent();
  }

  override hear({ heard }: Answer, mark: unknown): void {
    this.#window.hear(heard, mark as Episode, this.held, performance.now());
    this.#follow();
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

/** Where nobody asks for an adaptive concurrency, a third may be refused: with less, it may be the server's weather. */
const TOLERANCE = 1 / 3;

interface Mark {
  readonly episode: unknown;
  readonly learned: LearnedMark;
}

/**
 * The limiter of a model behind a key. It follows the rate limits that the server tells of, and when the server refuses and asks to be left
 * alone, nobody asks it until then.
 */
export class ModelLimiter extends AdaptiveLimiter {
  readonly #learned = new Learned();
  #pausedAt = -Infinity;

  /** With the limits that are known. If they are not adaptive, the concurrency is only cut when much is refused. */
  constructor(limits: LimitOptions) {
    const bounds = boundsOf(limits);
    const max = mostOf(limits) ?? Infinity;
    super(
      limits,
      bounds === undefined
        ? { start: max, min: 1, max, tolerance: TOLERANCE }
        : { ...bounds, tolerance: 0 },
    );
    this.requests.push(this.#learned.requests);
    this.tokens.push(this.#learned.tokens);
  }

  /** Tokens count as soon as the server tells of a limit on them. */
  override get countsTokens(): boolean {
    return this.tokens.length > 1 || this.#learned.tokens.known;
  }

  override sent(): Mark {
    return { episode: super.sent(), learned: this.#learned.mark(performance.now()) };
  }

  override hear(answer: Answer, mark: Mark): void {
    const now = performance.now();
    const { heard, rates, retryAfterMs } = answer;
    if (heard === "ok" || rates !== undefined) this.#learned.hear(rates, mark.learned, now);
    super.hear(answer, mark.episode);
    // Of all that were sent before, only the first that is refused stops the others.
    if (heard !== "refused" || mark.learned.at < this.#pausedAt) return;
    if (retryAfterMs === undefined || retryAfterMs > LONGEST_RETRY_AFTER) return;
    this.#pausedAt = now;
    this.pause(retryAfterMs);
  }
}
