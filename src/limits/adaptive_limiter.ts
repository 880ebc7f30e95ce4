/** Limiters that discover from the server's answers how much it accepts. */
import { adaptiveBounds, type LimitOptions, maxConcurrency } from "../model/limits.ts";
import type { RateReport } from "../model/rate_report.ts";
import { type SentMark, ServerRateLimits } from "./server_rate_limit.ts";
import type { Feedback } from "./feedback.ts";
import { Limiter } from "./limiter.ts";
import type { PermitRequest } from "./permit_request.ts";
import { RejectionStreak } from "./rejection_streak.ts";
import {
  ConcurrencyWindow,
  type ConcurrencyWindowOptions,
  type Episode,
} from "./concurrency_window.ts";

/** A limiter that discovers how much concurrency the server accepts. */
export class AdaptiveLimiter extends Limiter {
  readonly #window: ConcurrencyWindow;
  /**
   * Fewer than the permits held: an attempt may hold this permit and wait for another limiter's.
   */
  #inFlight = 0;

  /** Creates a limiter with fixed rates and a concurrency within the bounds of the window. */
  constructor(limits: LimitOptions, window: ConcurrencyWindowOptions) {
    super(limits);
    this.#window = new ConcurrencyWindow({ ...window, reserve: limits.reserve });
    this.#followWindow();
  }

  /** The number of attempts in flight. */
  protected get inFlight(): number {
    return this.#inFlight;
  }

  override get discoveredConcurrency(): number | undefined {
    return this.#window.isDiscovering ? this.concurrency : undefined;
  }

  override markSent(request: PermitRequest, now: number = performance.now()): unknown {
    super.markSent(request, now);
    this.#inFlight++;
    return this.#window.markSent();
  }

  override applyFeedback(
    { outcome, rates }: Feedback,
    mark: unknown,
    request: PermitRequest,
    now: number = performance.now(),
  ): void {
    // A rejection by a rate limit that is known is no reason to lower the concurrency.
    const byKnownRate = outcome === "rejected" && isRateExhausted(rates, request);
    const relevant = byKnownRate ? "unknown" : outcome;
    this.#window.applyOutcome(relevant, mark as Episode, this.#inFlight, now);
    this.#followWindow();
  }

  override release(request: PermitRequest, used: number | undefined): void {
    this.#inFlight--;
    super.release(request, used);
  }

  /** Notes that the server answers again after it has rejected everything. */
  protected recover(): void {
    this.#window.recover();
  }

  #followWindow(): void {
    const { concurrency } = this.#window;
    if (concurrency !== this.concurrency) this.concurrency = concurrency;
  }
}

/** Creates the limiter for these limits. */
export function limiterFor(limits: LimitOptions): Limiter {
  const bounds = adaptiveBounds(limits.concurrency);
  return bounds === undefined
    ? new Limiter(limits)
    : new AdaptiveLimiter(limits, { ...bounds, tolerance: 0 });
}

/** The minimum concurrency where none is adaptive: enough for a small run. */
const DEFAULT_MIN = 8;
/** The share of rejections that is tolerated there without a cut. */
const DEFAULT_TOLERANCE = 0.1;

interface ModelMark extends SentMark {
  readonly episode: unknown;
}

/**
 * The limiter of a model behind an API key. It keeps to the rate limits that the server reports,
 * pauses when the server rejects an attempt and says how long to wait, and probes a server that
 * rejects everything.
 */
export class ModelLimiter extends AdaptiveLimiter {
  readonly #serverLimits = new ServerRateLimits();
  readonly #streak = new RejectionStreak();

  /**
   * Creates a limiter with the configured limits. A concurrency that is not adaptive is only cut
   * if the server rejects more than {@linkcode DEFAULT_TOLERANCE} of the attempts.
   */
  constructor(limits: LimitOptions) {
    const bounds = adaptiveBounds(limits.concurrency);
    const max = maxConcurrency(limits.concurrency) ?? Infinity;
    super(
      limits,
      bounds === undefined
        ? { start: max, min: Math.min(DEFAULT_MIN, max), max, tolerance: DEFAULT_TOLERANCE }
        : { ...bounds, tolerance: 0 },
    );
    this.rates.requests.push(this.#serverLimits.requests);
    this.rates.tokens.push(this.#serverLimits.tokens);
  }

  override markSent(request: PermitRequest, now: number = performance.now()): ModelMark {
    const episode = super.markSent(request, now);
    const { requests, tokens } = this.#serverLimits;
    return { episode, at: now, requests: requests.sent, tokens: tokens.sent };
  }

  override applyFeedback(
    feedback: Feedback,
    mark: ModelMark,
    request: PermitRequest,
    now: number = performance.now(),
  ): void {
    const { outcome, rates, retryAfterMs } = feedback;
    if (outcome === "ok" || rates !== undefined) this.#serverLimits.update(rates, mark, now);
    super.applyFeedback(feedback, mark.episode, request, now);
    if (outcome === "ok" && !this.#streak.isActive) return;
    const { inFlight } = this;
    const ended = { outcome, retryAfterMs, sentAt: mark.at, inFlight };
    const change = this.#streak.applyOutcome(ended, now);
    if (change === "recovered") this.recover();
    else if (change !== undefined) this.pause(change);
  }

  protected override holdBack(now: number): number {
    return this.#streak.holdBack(this.held, now);
  }
}

/** Whether the reported rate limits have no room for such a request. */
function isRateExhausted(rates: RateReport | undefined, { tokens }: PermitRequest): boolean {
  return (rates?.requests?.remaining ?? Infinity) < 1 ||
    (rates?.tokens?.remaining ?? Infinity) < Math.max(1, tokens);
}
