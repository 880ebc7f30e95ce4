/**
 * Detects that a server rejects everything for a limit, and resumes sending to the model.
 *
 * A server may say how long to wait, and then the model pauses that long. If it does not say, and
 * has rejected many attempts in a row with hardly any other in flight, the model pauses on its own,
 * longer each time. Thousands of calls then wait together, and one of them probes the server
 * instead of each of them. The answer to an attempt that was not sent before the first rejected one
 * ends the streak.
 */
import { isWait, LONGEST_PAUSE } from "../model/errors.ts";
import type { FeedbackOutcome } from "./feedback.ts";

/** This many rejections in a row are a streak. */
const MIN_REJECTIONS = 8;
/** For each other attempt in flight, which the server may have accepted, it takes more of them. */
const PER_OTHER = 8;
/** The first pause of a streak where the server asks for none, and the longest, in milliseconds. */
const FIRST_PAUSE = 500;
const MAX_PAUSE = 8_000;
/** The random share of such a pause, so that processes do not probe together. */
const JITTER = 0.2;
/**
 * The time in which a probe is rejected, if it is, in milliseconds. An answer may take minutes, so
 * the number of attempts doubles with each such time that passes without a rejection.
 */
const PROBE_TIME = 2_000;

/** An attempt that has ended. */
export interface EndedAttempt {
  /** How it ended. */
  readonly outcome: FeedbackOutcome;
  /** How long the server asks clients to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** When it was sent. */
  readonly sentAt: number;
  /** The number of attempts in flight, this one included. */
  readonly inFlight: number;
}

/**
 * What an outcome changes: for how many milliseconds the model pauses from now on; or that the
 * server answers again after it has rejected everything.
 */
export type StreakChange = number | "recovered";

/** The rejections of one model in a row. */
export class RejectionStreak {
  #rejections = 0;
  /** When the first rejected attempt of the streak was sent. */
  #beganAt = -Infinity;
  /** The pauses since the streak began. */
  #pauses = 0;
  #pausedAt = -Infinity;
  #pausedUntil = -Infinity;
  /** The permits that may be held; `Infinity` unless the server is probed. */
  #allowed = Infinity;

  /** Whether the latest attempts were rejected: otherwise an answer changes nothing. */
  get isActive(): boolean {
    return this.#rejections > 0;
  }

  /**
   * Notes the outcome of an attempt.
   *
   * @returns The change, if there is one.
   */
  applyOutcome(ended: EndedAttempt, now: number): StreakChange | undefined {
    if (ended.outcome === "rejected") return this.#reject(ended, now);
    if (ended.outcome === "ok") return this.#answer(ended);
    // Its permit is not passed on. That of an answered attempt is.
    if (ended.sentAt <= this.#pausedAt) this.#removeOne();
    return undefined;
  }

  /** Returns for how many milliseconds no other attempt may start, with this many permits held. */
  holdBack(held: number, now: number): number {
    if (this.#allowed === Infinity || now < this.#pausedUntil) return 0;
    const steps = Math.floor((now - this.#pausedUntil) / PROBE_TIME);
    if (held < this.#allowed + 2 ** Math.min(steps, 50) - 1) return 0;
    return this.#pausedUntil + (steps + 1) * PROBE_TIME - now;
  }

  #reject({ retryAfterMs, sentAt, inFlight }: EndedAttempt, now: number): number | undefined {
    if (this.#rejections++ === 0) this.#beganAt = sentAt;
    // Of the attempts that were sent before a pause, only the first rejection starts one.
    if (sentAt <= this.#pausedAt) {
      this.#removeOne();
      return undefined;
    }
    const asked = isWait(retryAfterMs) ? Math.min(retryAfterMs, LONGEST_PAUSE) : 0;
    // A rejected probe needs no more evidence.
    const isStreak = this.#allowed < Infinity ||
      this.#rejections >= Math.max(MIN_REJECTIONS, PER_OTHER * (inFlight - 1));
    // After the first pause that the server asks for, all attempts resume, as the server said. If
    // it was wrong, the next pause is at least as long as our own.
    const isOwn = isStreak && (asked === 0 || this.#pauses > 0);
    if (asked === 0 && !isOwn) return undefined;
    const ms = isOwn ? Math.max(asked, this.#ownPause()) : asked;
    if (isOwn) this.#allowed = Math.max(1, inFlight);
    this.#pauses++;
    this.#pausedAt = now;
    this.#pausedUntil = now + ms;
    return ms;
  }

  #ownPause(): number {
    const ms = Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** Math.min(this.#pauses, 10));
    return ms * (1 - JITTER * Math.random());
  }

  #answer({ sentAt }: EndedAttempt): StreakChange | undefined {
    if (sentAt < this.#beganAt) return undefined;
    const isRecovery = this.#pauses > 1 && this.#allowed < Infinity;
    this.#rejections = this.#pauses = 0;
    this.#allowed = Infinity;
    return isRecovery ? "recovered" : undefined;
  }

  #removeOne(): void {
    this.#allowed = Math.max(1, this.#allowed - 1);
  }
}
