import { ChildAbort } from "../async/abort.ts";
import type { HedgeOptions } from "./hedge_options.ts";
import type { Latencies } from "./latencies.ts";

/** What an attempt of {@linkcode hedged} is given, and what it must tell. */
export interface HedgeHooks {
  /** Aborts when the other attempt is faster, when this one is not needed, or with the parent. The attempt must end then. */
  readonly signal: AbortSignal;
  /** Is it the second one? */
  readonly duplicate: boolean;
  /**
   * To be called just before the request goes out, when nothing has to be waited for any more: the time for the duplicate counts
   * from here.
   *
   * @throws The signal's reason if it has aborted: then the request must not go out.
   */
  readonly sent: () => void;
  /**
   * To be called when the answer or the error is there, before the permits are given back: the duplicate may be the next in line
   * for them, and must not go out any more.
   */
  readonly ended: () => void;
  /**
   * To be called before a piece of a streamed answer is handed on. Whoever is the first to ask has won, and the other one is
   * aborted: pieces of two answers must not be mixed.
   *
   * @returns Whether it may be handed on.
   */
  readonly first: () => boolean;
}

/** What {@linkcode hedged} needs beside the attempt. */
export interface HedgedOptions {
  /** When the duplicate is sent. */
  readonly hedge: HedgeOptions;
  /** How long the latest answers took; asked for the `percentile`, and told of this answer. */
  readonly latencies?: Latencies;
  /** Ends both attempts. */
  readonly signal: AbortSignal | undefined;
}

/** Why the slower attempt is aborted. */
export const OTHER_WAS_FASTER = new DOMException("Another attempt was faster", "AbortError");

/** Why a duplicate is aborted that has not gone out. */
const NOT_NEEDED = new DOMException(
  "The attempt ended before its duplicate was sent",
  "AbortError",
);

/** A timer that is set to more milliseconds than this fires at once. */
const LONGEST_TIMER = 2 ** 31 - 1;

/**
 * Makes an attempt, and a second one like it if the first is late. The first success wins; the other attempt is aborted.
 *
 * A duplicate that fails, or may not be sent at all, is of no concern to anybody. If the first attempt fails while the
 * duplicate is on the wire, that one may still win; if it is not, the failure is thrown at once, so that whoever retries can do
 * so with a proper wait. It ends when both attempts have let go of what they hold: they must end soon after they are aborted.
 *
 * @throws What the first attempt threw, if both failed; what the winner threw, if it had begun to hand on its answer.
 * @throws The signal's reason, if it aborts before there is an answer.
 */
export function hedged<T>(
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
  /** Has it let go of everything? */
  over: boolean;
}

type Outcome<T> = { readonly ok: true; readonly value: T } | {
  readonly ok: false;
  readonly error: unknown;
};

class Race<T> {
  readonly #attempt: (hooks: HedgeHooks) => Promise<T>;
  readonly #hedge: HedgeOptions;
  /** A fixed delay cuts the slow answers short, whatever they would have been: it would teach a percentile nothing but itself. */
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
    let outcome = await this.#go(this.#primary);
    if (this.#second !== undefined) {
      const second = await this.#second;
      if (this.#winner === this.#duplicate) outcome = second;
    }
    if (outcome.ok && this.#winner !== undefined) return outcome.value;
    if (this.#winner === undefined && this.#duplicate !== undefined) this.#learn(performance.now());
    throw this.#signal?.aborted ? this.#signal.reason : (outcome as { error: unknown }).error;
  }

  #runner(): Runner {
    const child = new ChildAbort(this.#signal);
    return { child, sentAt: undefined, endedAt: undefined, over: false };
  }

  async #go(runner: Runner): Promise<Outcome<T>> {
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
      runner.over = true;
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
    this.#timer = setTimeout(() => this.#late(), Math.min(ms, LONGEST_TIMER));
  }

  #delay(): number | undefined {
    const { after, percentile } = this.#hedge;
    if (after !== undefined) return after;
    const ms = this.#latencies?.percentile(percentile);
    // Longer, not as long: where all answers take the same time, none of them is late. Timers count whole milliseconds.
    return ms === undefined ? undefined : Math.floor(ms) + 1;
  }

  /** The first attempt is late. */
  #late(): void {
    if (this.#primary.child.signal.aborted) return; // by the parent: it is about to end
    this.#duplicate = this.#runner();
    this.#second = this.#go(this.#duplicate);
  }

  #ended(runner: Runner): void {
    runner.endedAt = performance.now();
    if (runner !== this.#primary) return;
    clearTimeout(this.#timer);
    const duplicate = this.#duplicate;
    if (duplicate === undefined || duplicate.sentAt !== undefined || duplicate.over) return;
    duplicate.child.abort(NOT_NEEDED);
  }

  /** The first one to get here wins. */
  #decide(runner: Runner): boolean {
    if (runner.child.signal.aborted) return false;
    if (this.#winner === undefined && !runner.over) {
      this.#winner = runner;
      this.#learn(runner.endedAt ?? performance.now());
      clearTimeout(this.#timer);
      const loser = runner === this.#primary ? this.#duplicate : this.#primary;
      if (loser !== undefined && !loser.over) loser.child.abort(OTHER_WAS_FASTER);
    }
    return this.#winner === runner;
  }

  /**
   * Counts the time from when the first attempt was sent, whichever wins. How long the loser would have taken is not known, only that it
   * was longer than the delay. The sum of the delay and the duplicate's time is too, and that is all a percentile needs to
   * know. The duplicate's time alone may be shorter: then each duplicate would make the next one more likely, until every request
   * has one. For the same reason an attempt that was late counts also when nobody answered, while failures that come early
   * say nothing of how long an answer takes.
   */
  #learn(now: number): void {
    const { sentAt } = this.#primary;
    if (sentAt !== undefined) this.#latencies?.add(now - sentAt);
  }
}
