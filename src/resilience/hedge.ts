import { ChildAbort } from "../async/abort.ts";
import type { HedgeOptions } from "./hedge_options.ts";
import { MAX_TIMER_DELAY } from "../async/timer.ts";
import type { Latencies } from "./latencies.ts";

/**
 * What {@linkcode runHedged} passes to an attempt. The attempt must call the functions as
 * described.
 */
export interface HedgeHooks {
  /**
   * Aborts when the other attempt wins, when this one is no longer needed, or with the parent. The
   * attempt must end then.
   */
  readonly signal: AbortSignal;
  /** Whether this is the second attempt. */
  readonly duplicate: boolean;
  /**
   * Must be called right before the request is sent, when there is nothing left to wait for. The
   * delay of the duplicate counts from here.
   *
   * @throws The signal's reason if it has aborted: then the request must not be sent.
   */
  readonly sent: () => void;
  /**
   * Must be called when the answer or the error has arrived, before the permits are released: the
   * duplicate may be next in the queue for them, and must not be sent any more.
   */
  readonly ended: () => void;
  /**
   * Must be called before a delta of a streamed answer is emitted. The first attempt to call it
   * wins and the other is aborted, so that deltas of two answers never mix.
   *
   * @returns Whether the delta may be emitted.
   */
  readonly first: () => boolean;
}

/** Options of {@linkcode runHedged}. */
export interface HedgedOptions {
  /** When to send the duplicate. */
  readonly hedge: HedgeOptions;
  /**
   * The latest latencies. `percentile` is read from it, and the latency of this answer is added.
   */
  readonly latencies?: Latencies;
  /** Aborts both attempts. */
  readonly signal: AbortSignal | undefined;
}

/** The reason with which the slower attempt is aborted. */
export const OTHER_WAS_FASTER = new DOMException("Another attempt was faster", "AbortError");

/** The reason with which a duplicate is aborted that was not sent. */
const NOT_NEEDED = new DOMException(
  "The attempt ended before its duplicate was sent",
  "AbortError",
);

/**
 * Runs an attempt, and a duplicate of it if the first is late. The first success wins; the other
 * attempt is aborted.
 *
 * A duplicate that fails, or cannot be sent, is ignored. If the first attempt fails while the
 * duplicate is in flight, the duplicate may still win. If the duplicate was not sent, the failure
 * is thrown at once, so that a retry can back off. The promise settles when both attempts have
 * ended, so an attempt must end soon after it is aborted.
 *
 * @throws The error of the first attempt, if both failed; the error of the winner, if it had begun
 * to emit its answer.
 * @throws The signal's reason, if it aborts before there is an answer.
 */
export function runHedged<T>(
  attempt: (hooks: HedgeHooks) => Promise<T>,
  options: HedgedOptions,
): Promise<T> {
  return new Race(attempt, options).run();
}

/** One of the two attempts. */
interface Runner {
  readonly child: ChildAbort;
  sentAt: number | undefined;
  endedAt: number | undefined;
  /** Whether the attempt has settled. */
  settled: boolean;
}

type Outcome<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly error: unknown;
};

class Race<T> {
  readonly #attempt: (hooks: HedgeHooks) => Promise<T>;
  readonly #hedge: HedgeOptions;
  /**
   * Unset for a fixed delay: it cuts slow answers short, so a percentile would only learn the
   * delay.
   */
  readonly #latencies: Latencies | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #primary: Runner;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #duplicate: Runner | undefined;
  #second: Promise<Outcome<T>> | undefined;
  #winner: Runner | undefined;

  constructor(
    attempt: (hooks: HedgeHooks) => Promise<T>,
    { hedge, latencies, signal }: HedgedOptions,
  ) {
    this.#attempt = attempt;
    this.#hedge = hedge;
    this.#latencies = hedge.percentile === undefined ? undefined : latencies;
    this.#signal = signal;
    this.#primary = this.#runner();
  }

  async run(): Promise<T> {
    this.#signal?.throwIfAborted();
    let outcome = await this.#start(this.#primary);
    if (this.#second !== undefined) {
      const second = await this.#second;
      if (this.#winner === this.#duplicate) outcome = second;
    }
    if (outcome.ok && this.#winner !== undefined) return outcome.value;
    if (this.#winner === undefined && this.#duplicate !== undefined) {
      this.#recordLatency(performance.now());
    }
    throw this.#signal?.aborted ? this.#signal.reason : (outcome as { error: unknown }).error;
  }

  #runner(): Runner {
    const child = new ChildAbort(this.#signal);
    return { child, sentAt: undefined, endedAt: undefined, settled: false };
  }

  async #start(runner: Runner): Promise<Outcome<T>> {
    try {
      const value = await this.#attempt({
        signal: runner.child.signal,
        duplicate: runner === this.#duplicate,
        sent: () => this.#sent(runner),
        ended: () => this.#ended(runner),
        first: () => this.#decide(runner),
      });
      this.#decide(runner);
      return { ok: true, value };
    } catch (error) {
      return { ok: false, error };
    } finally {
      this.#ended(runner);
      runner.settled = true;
      runner.child[Symbol.dispose]();
    }
  }

  #sent(runner: Runner): void {
    runner.child.signal.throwIfAborted();
    if (runner.sentAt !== undefined || runner.endedAt !== undefined) return;
    runner.sentAt = performance.now();
    if (runner !== this.#primary) return;
    const ms = this.#delay();
    if (ms === undefined) return;
    this.#timer = setTimeout(() => this.#sendDuplicate(), Math.min(ms, MAX_TIMER_DELAY));
  }

  #delay(): number | undefined {
    const { after, percentile } = this.#hedge;
    if (after !== undefined) return after;
    const ms = this.#latencies?.percentile(percentile);
    // One more millisecond: where all answers take the same time, none of them is late.
    return ms === undefined ? undefined : Math.floor(ms) + 1;
  }

  #sendDuplicate(): void {
    if (this.#primary.child.signal.aborted) return; // the parent aborted it
    this.#duplicate = this.#runner();
    this.#second = this.#start(this.#duplicate);
  }

  #ended(runner: Runner): void {
    runner.endedAt = performance.now();
    if (runner !== this.#primary) return;
    clearTimeout(this.#timer);
    const duplicate = this.#duplicate;
    if (duplicate === undefined || duplicate.sentAt !== undefined || duplicate.settled) return;
    duplicate.child.abort(NOT_NEEDED);
  }

  /** Lets the first attempt that calls it win. Returns whether this attempt is the winner. */
  #decide(runner: Runner): boolean {
    if (runner.child.signal.aborted) return false;
    if (this.#winner === undefined && !runner.settled) {
      this.#winner = runner;
      this.#recordLatency(runner.endedAt ?? performance.now());
      clearTimeout(this.#timer);
      const loser = runner === this.#primary ? this.#duplicate : this.#primary;
      if (loser !== undefined && !loser.settled) loser.child.abort(OTHER_WAS_FASTER);
    }
    return this.#winner === runner;
  }

  /**
   * Records the time since the first attempt was sent, whichever attempt wins.
   *
   * The latency of the loser is unknown, except that it exceeds the delay. The delay plus the time
   * of the duplicate exceeds it too, which is all a percentile needs. The time of the duplicate
   * alone may be shorter: each duplicate would then make the next one more likely, until every
   * request had one. For the same reason a late attempt is recorded even if it failed. Early
   * failures say nothing about latency and are not recorded.
   */
  #recordLatency(now: number): void {
    const { sentAt } = this.#primary;
    if (sentAt !== undefined) this.#latencies?.add(now - sentAt);
  }
}
