/**
 * How many attempts a server bears at a time, found out as TCP finds out what a network bears: the window grows with good answers, twice as
 * wide with each round at first and by a fiftieth of itself later, and is cut when the server refuses.
 *
 * An episode is all that was sent until the first refusal was heard: it is cut for once, however many are refused.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc5681} TCP congestion control
 */
import type { AdaptiveConcurrency, ConcurrencyChange } from "../model/limits.ts";

/** How an attempt ended, as far as the server's limits go. */
export type Heard =
  /** It was answered. */
  | "ok"
  /** The server refused it for a limit. */
  | "refused"
  /** The server failed. */
  | "failed"
  /** It tells nothing: it was aborted, or was our own mistake. */
  | "nothing";

/** How wide a window is and may get. */
export interface WindowOptions extends AdaptiveConcurrency {
  readonly start: number;
  readonly min: number;
  readonly max: number;
  /** The share of an episode that may be refused without a cut: 0 cuts at the first refusal. */
  readonly tolerance: number;
}

/** What is left of the window after a cut. */
const CUT = 0.8;
/** The growth in a round, once a limit was met: a share of the window, but at least so much. */
const GROWTH = 0.02;
const LEAST_GROWTH = 0.2;
/** That far above the last limit that was met, there is another one to be found: it grows fast again. */
const BEYOND = 1.25;
/** Below so many sent, a share of refused ones says nothing. */
const ENOUGH_TO_TELL = 8;
/** After so long without a refusal the limit may be another one, in milliseconds. */
const FORGET_AFTER = 60_000;

/** All that was sent until a refusal was heard. */
export interface Episode {
  sent: number;
  refused: number;
  /** How wide the window was when the first of them was refused, or how much of it was used. */
  width: number;
  /** Has one been refused? Then what is sent from now on belongs to the next episode. */
  over: boolean;
}

const none = (): Episode => ({ sent: 0, refused: 0, width: 0, over: false });

/** The window itself. */
export class Window {
  readonly #options: WindowOptions;
  #width: number;
  /** Up to here it grows fast. */
  #fastUpTo = Infinity;
  #lastLimit = Infinity;
  /** So many answers more without growth: the server has trouble of its own. */
  #calm = 0;
  #episode = none();
  #cutAt = -Infinity;
  #told: number;

  /** As wide as it is to be at first. */
  constructor(options: WindowOptions) {
    this.#options = options;
    this.#width = options.start;
    this.#told = options.start;
  }

  /** How many may be on the wire. */
  get concurrency(): number {
    return Math.floor(this.#width);
  }

  /** Does it look for a limit, or has it met one? */
  get moved(): boolean {
    return this.#options.tolerance === 0 || this.#width < this.#options.max;
  }

  /** An attempt is sent. What is given back must be handed in with its answer. */
  sent(): Episode {
    const { over, sent } = this.#episode;
    // Who tolerates some needs enough to tell their share.
    if (over && (this.#options.tolerance === 0 || sent >= ENOUGH_TO_TELL)) this.#episode = none();
    this.#episode.sent++;
    return this.#episode;
  }

  /** An answer has come to what was sent in that episode. `inUse` attempts were on the wire, this one included. */
  hear(heard: Heard, episode: Episode, inUse: number, now: number): void {
    if (heard === "refused") this.#cut(episode, inUse, now);
    else if (heard === "failed") this.#calm = this.#width;
    // What was sent before a cut tells of a window that is gone.
    else if (heard === "ok" && !episode.over) this.#grow(inUse, now);
  }

  #cut(episode: Episode, inUse: number, now: number): void {
    if (!episode.over) {
      episode.over = true;
      episode.width = Math.min(this.#width, inUse);
    }
    episode.refused++;
    const { tolerance, min } = this.#options;
    const { sent, refused, width } = episode;
    const enough = tolerance === 0 || (sent >= ENOUGH_TO_TELL && refused > tolerance * sent);
    // Another one has followed it: what it tells is old.
    if (!enough || episode !== this.#episode) return;
    // Of what was sent the server bore what it did not refuse. One more, so that one of one is not everything.
    const borne = width * (1 - refused / (sent + 1));
    this.#width = Math.max(min, Math.min(this.#width, CUT * width, borne));
    this.#fastUpTo = this.#width;
    // A limit that is met again and again from below is the same one.
    this.#lastLimit = Math.max(width, this.#lastLimit < Infinity ? 0.9 * this.#lastLimit : 0);
    this.#cutAt = now;
    this.#tell("refused");
  }

  #grow(inUse: number, now: number): void {
    const { max, tolerance } = this.#options;
    if (this.#width >= max) return;
    if (this.#calm >= 1) {
      this.#calm--;
      return;
    }
    // A window that is not filled says nothing of what would be borne.
    if (inUse < this.concurrency) return;
    if (tolerance > 0 && now - this.#cutAt > FORGET_AFTER) this.#width = max;
    else if (this.#width < this.#fastUpTo || this.#width > BEYOND * this.#lastLimit) this.#width++;
    else this.#width += Math.max(LEAST_GROWTH, GROWTH * this.#width) / this.#width;
    this.#width = Math.min(max, this.#width);
    this.#tell("growth");
  }

  #tell(reason: ConcurrencyChange["reason"]): void {
    const { concurrency } = this;
    const previous = this.#told;
    const much = Math.abs(concurrency - previous) >= Math.max(1, previous / 10);
    if (concurrency === previous || (reason === "growth" && !much)) return;
    this.#told = concurrency;
    try {
      this.#options.onChange?.({ concurrency, previous, reason, at: Date.now() });
    } catch {
      // Who looks on must not stop the work.
    }
  }
}
