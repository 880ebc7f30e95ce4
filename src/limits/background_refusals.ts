/**
 * Detects background refusals. Some servers reject a share of requests at any load: they are
 * short of machines, or share a quota with other users. A narrower window does not help then, and
 * only makes everything slow. Below a real limit nothing is rejected for a while. So if the
 * rejections go on, cut after cut, and fewer than half of the attempts are rejected, cutting
 * stops for a minute.
 */

/**
 * After this many futile cuts in a row, narrower windows do not help. A cut that follows many
 * rejections is better evidence than one that follows a single one.
 */
const FUTILE_CUTS = { manyRejections: 3, oneRejection: 10 };
/** If a greater share is rejected, the window is certainly too wide. */
const CERTAIN_SHARE = 1 / 2;
/** How long cutting stops, in milliseconds. */
const DURATION = 60_000;
/** A share of fewer attempts is no evidence. Ending the state takes more of them. */
const MIN_EVIDENCE = 10;
const MIN_EVIDENCE_TO_END = 20;
/** The maximum number of recorded rejections: older ones are dropped. */
const MAX_RECORDS = 64;

/** How many attempts were sent, and how many of them are known to be rejected. */
export interface AttemptCounts {
  readonly sent: number;
  readonly rejected: number;
}

/** Tracks whether cuts of the window lower the share of rejections. */
export class BackgroundRefusals {
  /** The counts since the last decision. */
  #recent: AttemptCounts[] = [];
  #futileCuts = 0;
  /** The width of the window before the futile cuts, as far as it is known. */
  #widthBefore = 0;
  #activeUntil = -Infinity;
  readonly #maxFutileCuts: number;

  /** `evidence` says whether one rejection leads to a cut, or many. */
  constructor(evidence: keyof typeof FUTILE_CUTS = "oneRejection") {
    this.#maxFutileCuts = FUTILE_CUTS[evidence];
  }

  /** Whether the server currently rejects attempts whatever the concurrency is. */
  isActive(now: number): boolean {
    return now < this.#activeUntil;
  }

  /** Records the attempts up to a rejection. */
  record(counts: AttemptCounts): void {
    this.#recent.push(counts);
    if (this.#recent.length > MAX_RECORDS) this.#recent.shift();
  }

  /** Notes that the window has grown again without a rejection: the last cut has helped. */
  cutHelped(): void {
    this.#futileCuts = 0;
    this.#widthBefore = 0;
  }

  /**
   * Judges the last cut when there is another rejection.
   *
   * @returns The width to restore, if background refusals are detected now.
   */
  judgeCut(width: number, now: number): number | undefined {
    let [sent, rejected] = [0, 0];
    for (const counts of this.#recent) {
      sent += counts.sent;
      rejected += counts.rejected;
    }
    if (sent < (this.isActive(now) ? MIN_EVIDENCE_TO_END : MIN_EVIDENCE)) return undefined;
    this.#recent = [];
    if (rejected > CERTAIN_SHARE * sent) {
      this.#futileCuts = 0;
      this.#activeUntil = -Infinity;
      return undefined;
    }
    this.#widthBefore = Math.max(this.#widthBefore, width);
    if (++this.#futileCuts <= this.#maxFutileCuts) return undefined;
    this.#futileCuts = 0;
    this.#activeUntil = now + DURATION;
    return this.#widthBefore;
  }
}
