/**
 * Discovers how many attempts a server accepts at once, as TCP discovers the capacity of a
 * network. The window grows with good answers: it doubles with each round at first, and later
 * grows by a fiftieth. It is cut when the server rejects an attempt.
 *
 * An episode is everything that was sent until the first rejection arrived. It causes one cut,
 * however many of its attempts are rejected.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5681} TCP congestion control
 */
import type { ConcurrencyBounds, ConcurrencyChange } from "../model/limits.ts";
import type { FeedbackOutcome } from "./feedback.ts";
import { unreservedConcurrency } from "./limiter.ts";
import { BackgroundRefusals } from "./background_refusals.ts";

/** The bounds of a window, and when it is cut. */
export interface ConcurrencyWindowOptions extends ConcurrencyBounds {
  /** The share of recent attempts that may be rejected without a cut. */
  readonly tolerance: number;
  /**
   * The share of the window that is reserved.
   *
   * @default {0}
   */
  readonly reserve?: number;
}

/** The share of the window that remains after a cut. */
const CUT = 0.85;
/**
 * The share that remains after the first cut, which ends fast growth, and after a repeated one.
 */
const DEEP_CUT = 0.5;
/** After growth by this share since a cut, with hardly any rejection, the cut has helped. */
const CLEAN_GROWTH = 0.1;
const HARDLY_ANY = 0.02;
/** The growth in a round once a limit was met: a share of the window, and its minimum. */
const GROWTH = 0.02;
const MIN_GROWTH = 0.2;
/** This far above the last limit that was met, the window grows fast again to find a new one. */
const BEYOND_LIMIT = 1.25;
/** The number of recent attempts, or all in flight if those are more. */
const RECENT = 64;

/** The attempts that were sent until a rejection arrived. */
export interface Episode {
  sent: number;
  rejected: number;
  /** The width of the window, or its used part, when the first rejection arrived. */
  width: number;
  /** Whether an attempt was rejected: later attempts belong to the next episode. */
  isOver: boolean;
  /** The share of the window that remained after the cut for it; `undefined` before the cut. */
  remainingShare: number | undefined;
  /** The number of cuts before it. */
  readonly cuts: number;
}

function newEpisode(cuts: number): Episode {
  return { sent: 0, rejected: 0, width: 0, isOver: false, remainingShare: undefined, cuts };
}

/** The window: the number of attempts that may be in flight. */
export class ConcurrencyWindow {
  readonly #options: ConcurrencyWindowOptions;
  #width: number;
  /** Below this width the window grows fast. */
  #fastUpTo = Infinity;
  #lastLimit = Infinity;
  /** The share of recent attempts that was rejected. */
  #rejectedShare = 0;
  #recent = RECENT;
  /** The number of answers without growth that remain after the server has failed. */
  #answersToSkip = 0;
  #cuts = 0;
  #episode = newEpisode(0);
  readonly #background: BackgroundRefusals;
  #reported: number;

  /** Creates a window with the initial width. */
  constructor(options: ConcurrencyWindowOptions) {
    this.#options = options;
    this.#width = options.start;
    this.#reported = options.start;
    this.#background = new BackgroundRefusals(
      options.tolerance > 0 ? "manyRejections" : "oneRejection",
    );
  }

  /** The number of attempts that may be in flight. */
  get concurrency(): number {
    return Math.floor(this.#width);
  }

  /** Whether the window may still grow, or was cut. */
  get isDiscovering(): boolean {
    return this.#options.start < this.#options.max || this.#width < this.#options.max;
  }

  /** Notes that an attempt is sent. Returns its episode, to be passed on with its outcome. */
  markSent(): Episode {
    if (this.#episode.isOver) {
      this.#background.record(this.#episode);
      this.#episode = newEpisode(this.#cuts);
    }
    this.#episode.sent++;
    this.#rejectedShare *= 1 - 1 / this.#recent;
    return this.#episode;
  }

  /**
   * Applies the outcome of an attempt.
   *
   * @param inFlight How many attempts were in flight, this one included.
   */
  applyOutcome(outcome: FeedbackOutcome, episode: Episode, inFlight: number, now: number): void {
    if (outcome === "rejected") this.#reject(episode, inFlight, now);
    else if (outcome === "failed") this.#answersToSkip = Math.min(this.#width, inFlight);
    // Answers to attempts from before a cut say nothing about the current window.
    else if (outcome === "ok" && this.#isCurrent(episode, now)) this.#grow(inFlight);
  }

  /**
   * Grows fast up to the last limit that was met: the server has rejected everything for a while,
   * which said nothing about concurrency.
   */
  recover(): void {
    if (this.#lastLimit < Infinity) this.#fastUpTo = Math.max(this.#fastUpTo, this.#lastLimit);
  }

  #reject(episode: Episode, inFlight: number, now: number): void {
    episode.rejected++;
    this.#recent = Math.max(RECENT, inFlight);
    this.#rejectedShare += 1 / this.#recent;
    // A later episode has begun: this rejection is outdated.
    if (episode !== this.#episode) return;
    if (!episode.isOver) {
      episode.isOver = true;
      episode.width = this.#isFilled(inFlight) ? this.#width : inFlight;
    }
    if (episode.remainingShare === undefined) {
      if (this.#rejectedShare < this.#options.tolerance) return;
      const widthBefore = this.#background.judgeCut(this.#width, now);
      if (widthBefore !== undefined) this.#restore(widthBefore);
    }
    if (this.#background.isActive(now)) return;
    this.#cut(episode);
    this.#report("rejected");
  }

  #cut(episode: Episode): void {
    // The server accepts what is in flight and not rejected: less with each rejection that
    // arrives.
    const accepted = episode.width - episode.rejected;
    const isFirst = this.#fastUpTo === Infinity;
    const isRepeated = this.#width < (1 + GROWTH) * this.#fastUpTo;
    const isContinued = episode.remainingShare !== undefined;
    const share = episode.remainingShare ??= isFirst || isRepeated ? DEEP_CUT : CUT;
    this.#width = Math.max(this.#options.min, Math.min(this.#width, share * accepted));
    if (isContinued) return;
    this.#cuts++;
    // The next cut needs some more rejections.
    this.#rejectedShare /= 2;
    // A limit that is met again and again from below is the same one.
    const lastLimit = this.#lastLimit === Infinity ? 0 : this.#lastLimit;
    this.#lastLimit = Math.max(episode.width, 0.9 * lastLimit);
    // The limit that ended the fast growth is certain.
    this.#fastUpTo = isFirst ? CUT * accepted : this.#width;
  }

  #restore(width: number): void {
    this.#width = width;
    this.#fastUpTo = Infinity;
    this.#report("growth");
  }

  #grow(inFlight: number): void {
    const { max } = this.#options;
    if (this.#width >= max) return;
    if (this.#answersToSkip >= 1) {
      this.#answersToSkip--;
      return;
    }
    // A window that is not filled says nothing about what the server accepts.
    if (!this.#isFilled(inFlight)) return;
    if (this.#width < this.#fastUpTo || this.#width > BEYOND_LIMIT * this.#lastLimit) this.#width++;
    else this.#width += Math.max(MIN_GROWTH, GROWTH * this.#width) / this.#width;
    this.#width = Math.min(max, this.#width);
    const clean = this.#fastUpTo + Math.max(1, CLEAN_GROWTH * this.#fastUpTo);
    if (this.#width >= clean && this.#rejectedShare < HARDLY_ANY) this.#background.cutHelped();
    this.#report("growth");
  }

  /** Whether the window has not been cut since that episode. */
  #isCurrent({ cuts }: Episode, now: number): boolean {
    return cuts === this.#cuts || this.#background.isActive(now);
  }

  /** Whether the unreserved part of the window is used up. */
  #isFilled(inFlight: number): boolean {
    return inFlight >= unreservedConcurrency(this.concurrency, this.#options.reserve ?? 0);
  }

  #report(reason: ConcurrencyChange["reason"]): void {
    const { concurrency } = this;
    const previous = this.#reported;
    const isLarge = Math.abs(concurrency - previous) >= Math.max(1, previous / 10);
    if (concurrency === previous || (reason === "growth" && !isLarge)) return;
    this.#reported = concurrency;
    const change = { concurrency, previous, reason, at: Date.now() };
    // Errors of a listener, and promises that reject, must not stop the work.
    (async () => await this.#options.onChange?.(change))().catch(() => {});
  }
}
