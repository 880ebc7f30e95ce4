/**
 * Some servers refuse a share of what is sent however little that is: they are short of machines, or share a quota with others. A narrower window
 * does not help against weather, and only makes everything slow. Below a real limit nothing is refused for a while; so if that does not
 * come, cut after cut, and not even the half is refused, it is weather.
 */

/** After so many cuts in a row that did not help, narrower windows do not help. A cut for many that were refused tells more than one for a single. */
const IN_VAIN = { many: 3, single: 10 };
/** If more than this share is refused, the window is too wide for sure. */
const FOR_SURE = 1 / 2;
/** How long weather is believed in, in milliseconds. */
const LASTS = 60_000;
/** Below so many sent, a share of refused ones says nothing. To end the weather it takes more. */
const ENOUGH_TO_TELL = 10;
const ENOUGH_TO_BE_SURE = 20;
/** What was long ago is forgotten: so many refusals are remembered at most. */
const REMEMBERED = 64;

/** So many were sent, and so many of them refused; those that are still under way may be refused yet. */
export interface Counts {
  readonly sent: number;
  readonly refused: number;
}

/** Watches whether cuts help. */
export class Weather {
  /** What has not been judged yet. */
  #past: Counts[] = [];
  #cuts = 0;
  /** How wide the window was before the cuts that did not help, as far as it can be told. */
  #widthBefore = 0;
  #until = -Infinity;
  readonly #inVain: number;

  /** Are there many that were refused before each cut? */
  constructor(many = false) {
    this.#inVain = many ? IN_VAIN.many : IN_VAIN.single;
  }

  /** Does it go on whatever we do? */
  lasts(now: number): boolean {
    return now < this.#until;
  }

  /** So much was sent up to a refusal. */
  note(counts: Counts): void {
    this.#past.push(counts);
    if (this.#past.length > REMEMBERED) this.#past.shift();
  }

  /** The window has grown again without a refusal: the last cut has helped. */
  helped(): void {
    this.#cuts = 0;
    this.#widthBefore = 0;
  }

  /** There is another refusal. If it is weather from now on, gives how wide the window was before it began. */
  judge(width: number, now: number): number | undefined {
    let [sent, refused] = [0, 0];
    for (const counts of this.#past) {
      sent += counts.sent;
      refused += counts.refused;
    }
    if (sent < (this.lasts(now) ? ENOUGH_TO_BE_SURE : ENOUGH_TO_TELL)) return undefined;
    this.#past = [];
    if (refused > FOR_SURE * sent) {
      this.#cuts = 0;
      this.#until = -Infinity;
      return undefined;
    }
    this.#widthBefore = Math.max(this.#widthBefore, width);
    if (++this.#cuts <= this.#inVain) return undefined;
    this.#cuts = 0;
    this.#until = now + LASTS;
    return this.#widthBefore;
  }
}
