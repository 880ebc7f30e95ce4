/**
 * How many attempts a server bears at a time, found out as TCP finds out what a network bears: the window grows with good answers, twice as
 * wide with each round at first and by a fiftieth of itself later, and is cut when the server refuses.
 *
 * An episode is all that was sent until the first refusal was heard: it is cut for once, however many are refused.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5681} TCP congestion control
 */
import type { AdaptiveConcurrency, ConcurrencyChange } from "../model/limits.ts";
import type { FeedbackOutcome } from "./feedback.ts";
import { unreservedConcurrency } from "./limiter.ts";
import { BackgroundRefusals } from "./background_refusals.ts";

/** How wide a window is and may get. */
export interface ConcurrencyWindowOptions extends AdaptiveConcurrency {
  readonly start: number;
  readonly min: number;
  readonly max: number;
  /** The share of the latest attempts that may be refused without a cut. */
  readonly tolerance: number;
  /**
   * The share that is kept free.
   *
   * @default {0}
   */
  readonly reserve?: number;
}

/** What is left of the window after a cut. */
const CUT = 0.85;
/** What is left after the first one, which comes of fast growth, and after one that follows another at once. */
const DEEP_CUT = 0.5;
/** With growth by such a share after a cut, and hardly anything refused meanwhile, it has helped. */
const CLEAN = 0.1;
const HARDLY = 0.02;
/** The growth in a round, once a limit was met: a share of the window, but at least so much. */
const GROWTH = 0.02;
const LEAST_GROWTH = 0.2;
/** That far above the last limit that was met, there is another one to be found: it grows fast again. */
const BEYOND = 1.25;
/** About so many attempts are the latest, or all that are on the wire if those are more. */
const LATEST = 64;
/** All that was sent until a refusal was heard. */
export interface Episode {
  sent: number;
  rejected: number;
  /** How wide the window was when the first of them was refused, or how much of it was used. */
  width: number;
  /** Has one been refused? Then what is sent from now on belongs to the next episode. */
  isOver: boolean;
  /** What share of the window is left after the cut for it; `undefined` before it. */
  remainingShare: number | undefined;
  /** How many cuts there were before it. */
  readonly cuts: number;
}

function begin(cuts: number): Episode {
  return { sent: 0, rejected: 0, width: 0, isOver: false, remainingShare: undefined, cuts };
}

/** The window itself. */
export class ConcurrencyWindow {
  readonly #options: ConcurrencyWindowOptions;
  #width: number;
  /** Up to here it grows fast. */
  #fastUpTo = Infinity;
  #lastLimit = Infinity;
  /** The share of the latest attempts that was refused. */
  #share = 0;
  #latest = LATEST;
  /** So many answers more without growth: the server has trouble of its own. */
  #calm = 0;
  #cuts = 0;
  #episode = begin(0);
  readonly #weather: BackgroundRefusals;
  #told: number;

  /** As wide as it is to be at first. */
  constructor(options: ConcurrencyWindowOptions) {
    this.#options = options;
    this.#width = options.start;
    this.#told = options.start;
    this.#weather = new BackgroundRefusals(options.tolerance > 0);
  }

  /** How many may be on the wire. */
  get concurrency(): number {
    return Math.floor(this.#width);
  }

  /** Does it look for a limit, or has it met one? */
  get isDiscovering(): boolean {
    return this.#options.start < this.#options.max || this.#width < this.#options.max;
  }

  /** An attempt goes out. What is given back must be handed in with its answer. */
  markSent(): Episode {
    if (this.#episode.isOver) {
      this.#weather.record(this.#episode);
      this.#episode = begin(this.#cuts);
    }
    this.#episode.sent++;
    this.#share *= 1 - 1 / this.#latest;
    return this.#episode;
  }

  /** An answer has come to what was sent in that episode. `inUse` attempts were on the wire, this one included. */
  applyOutcome(heard: FeedbackOutcome, episode: Episode, inUse: number, now: number): void {
    if (heard === "refused") this.#refused(episode, inUse, now);
    else if (heard === "failed") this.#calm = Math.min(this.#width, inUse);
    // What was sent before a cut tells of a window that is gone.
    else if (heard === "ok" && this.#holds(episode, now)) this.#grow(inUse);
  }

  #refused(episode: Episode, inUse: number, now: number): void {
    episode.rejected++;
    this.#latest = Math.max(LATEST, inUse);
    this.#share += 1 / this.#latest;
    // Another one has followed it: what it tells is old.
    if (episode !== this.#episode) return;
    if (!episode.isOver) {
      episode.isOver = true;
      episode.width = this.#isFilled(inUse) ? this.#width : inUse;
    }
    if (episode.remainingShare === undefined) {
      if (this.#share < this.#options.tolerance) return;
      const before = this.#weather.judgeCut(this.#width, now);
      if (before !== undefined) this.#widen(before);
    }
    if (this.#weather.isActive(now)) return;
    this.#cut(episode);
    this.#tell("refused");
  }

  #cut(episode: Episode): void {
    // What is on the wire and was not refused is what the server bears. It gets less as more of them are heard to be refused.
    const borne = episode.width - episode.rejected;
    const first = this.#fastUpTo === Infinity;
    const again = this.#width < (1 + GROWTH) * this.#fastUpTo;
    const known = episode.remainingShare !== undefined;
    const left = episode.remainingShare ??= first || again ? DEEP_CUT : CUT;
    this.#width = Math.max(this.#options.min, Math.min(this.#width, left * borne));
    if (known) return;
    this.#cuts++;
    // The next one needs some more that are refused.
    this.#share /= 2;
    // A limit that is met again and again from below is the same one.
    const lastLimit = this.#lastLimit === Infinity ? 0 : this.#lastLimit;
    this.#lastLimit = Math.max(episode.width, 0.9 * lastLimit);
    // Of the limit that the fast growth ran into one can be sure.
    this.#fastUpTo = first ? CUT * borne : this.#width;
  }

  #widen(width: number): void {
    this.#width = width;
    this.#fastUpTo = Infinity;
    this.#tell("growth");
  }

  #grow(inUse: number): void {
    const { max } = this.#options;
    if (this.#width >= max) return;
    if (this.#calm >= 1) {
      this.#calm--;
      return;
    }
    // A window that is not filled says nothing of what would be borne.
    if (!this.#isFilled(inUse)) return;
    if (this.#width < this.#fastUpTo || this.#width > BEYOND * this.#lastLimit) this.#width++;
    else this.#width += Math.max(LEAST_GROWTH, GROWTH * this.#width) / this.#width;
    this.#width = Math.min(max, this.#width);
    const clean = this.#fastUpTo + Math.max(1, CLEAN * this.#fastUpTo);
    if (this.#width >= clean && this.#share < HARDLY) this.#weather.cutHelped();
    this.#tell("growth");
  }

  /** Has the window not been cut since then? */
  #holds({ cuts }: Episode, now: number): boolean {
    return cuts === this.#cuts || this.#weather.isActive(now);
  }

  /** Are as many on the wire as may be? What is kept free need not be used. */
  #isFilled(inUse: number): boolean {
    return inUse >= unreservedConcurrency(this.concurrency, this.#options.reserve ?? 0);
  }

  #tell(reason: ConcurrencyChange["reason"]): void {
    const { concurrency } = this;
    const previous = this.#told;
    const much = Math.abs(concurrency - previous) >= Math.max(1, previous / 10);
    if (concurrency === previous || (reason === "growth" && !much)) return;
    this.#told = concurrency;
    const change = { concurrency, previous, reason, at: Date.now() };
    // Who looks on must not stop the work, also not by a promise that fails.
    (async () => await this.#options.onChange?.(change))().catch(() => {});
  }
}
