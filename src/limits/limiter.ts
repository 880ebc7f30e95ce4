import { onAbort } from "../model/abort.ts";
import type { LimitOptions } from "../model/limits.ts";
import { Bucket } from "./bucket.ts";
import { PriorityQueue, type Waiting } from "./queue.ts";

/** What an attempt asks of a limiter. */
export interface Ask {
  /** Tokens it will use, as far as one can tell. */
  readonly tokens: number;
  /** Who goes first: the higher number. Above 0, the reserved share is open too. */
  readonly priority: number;
}

/** Why an attempt had to wait. */
export type WaitReason = "concurrency" | "rate";

interface Waiter {
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;
  readonly admit: (reason: WaitReason) => void;
  readonly leave: () => void;
}

/**
 * Lets attempts begin when its limits allow: first come, first served, within a priority. Held permits count
 * against the concurrency; the rates are counted when an attempt begins.
 */
export class Limiter {
  readonly #queue = new PriorityQueue<Waiter>();
  #concurrency: number;
  readonly #reserve: number;
  #requests: Bucket | undefined;
  #tokens: Bucket | undefined;
  #held = 0;
  /** Those among them that the reserve is kept from. */
  #heldByRuns = 0;
  #pausedUntil = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** A limiter at which nobody has been. */
  constructor(options: LimitOptions) {
    const now = performance.now();
    const { concurrency = Infinity, requestsPerMinute, tokensPerMinute, reserve = 0 } = options;
    this.#concurrency = concurrency;
    this.#reserve = reserve;
    if (requestsPerMinute !== undefined) this.#requests = new Bucket(requestsPerMinute, now);
    if (tokensPerMinute !== undefined) this.#tokens = new Bucket(tokensPerMinute, now);
  }

  /** How many permits are held. */
  get held(): number {
    return this.#held;
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /** The most permits that may be held. */
  get concurrency(): number {
    return this.#concurrency;
  }

  set concurrency(limit: number) {
    this.#concurrency = limit;
    this.#admit("concurrency");
  }

  /** Must it be told how many tokens an attempt will use? */
  get countsTokens(): boolean {
    return this.#tokens !== undefined;
  }

  /** Takes a permit if it can be had at once. */
  tryAcquire(ask: Ask): boolean {
    // Who waits and could go first is not overtaken.
    const first = this.#queue.first;
    if (first !== undefined && first.priority >= ask.priority) return false;
    if (!this.#hasRoom(ask.priority) || this.#waitForRate(ask) > 0) return false;
    this.#take(ask);
    return true;
  }

  /**
   * Waits for a permit; gives the reason for the wait, or `undefined` if there was none.
   *
   * @throws The signal's reason, as soon as it aborts.
   */
  acquire(ask: Ask, signal: AbortSignal | undefined): Promise<WaitReason | undefined> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.tryAcquire(ask)) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      let release: (() => void) | undefined;
      const waiting: Waiting<Waiter> = this.#queue.push({
        ask,
        signal,
        admit: (reason) => {
          release?.();
          this.#queue.remove(waiting);
          resolve(reason);
        },
        leave: () => {
          release?.();
          this.#queue.remove(waiting);
          reject(signal!.reason);
        },
      }, ask.priority);
      if (signal !== undefined) {
        release = onAbort(signal, () => {
          const first = this.#queue.first === waiting;
          waiting.value.leave();
          // Behind it may stand one who needs less.
          if (first) this.#admit("rate");
        });
      }
      // Those behind the first one wait for it, not for a timer.
      if (this.#queue.first === waiting) this.#schedule();
    });
  }

  /** Gives a permit back. `used` is how many tokens the attempt used, if that is known, in the place of those it asked for. */
  release({ tokens, priority }: Ask, used: number | undefined): void {
    this.#held--;
    if (priority <= 0) this.#heldByRuns--;
    if (used !== undefined) this.#tokens?.correct(tokens - used, performance.now());
    this.#admit("concurrency");
  }

  /** Lets nobody begin for so many milliseconds. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, performance.now() + ms);
    this.#schedule();
  }

  /** Another limit on the rates from now on. */
  limitTo({ requestsPerMinute, tokensPerMinute }: LimitOptions): void {
    const now = performance.now();
    if (requestsPerMinute !== undefined) {
      if (this.#requests === undefined) this.#requests = new Bucket(requestsPerMinute, now);
      else this.#requests.limitTo(requestsPerMinute, now);
    }
    if (tokensPerMinute !== undefined) {
      if (this.#tokens === undefined) this.#tokens = new Bucket(tokensPerMinute, now);
      else this.#tokens.limitTo(tokensPerMinute, now);
    }
    this.#admit("rate");
  }

  /** Lets begin whoever can. */
  #admit(reason: WaitReason): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      // Of many who wait with one signal the first is told first; the others must not be let in meanwhile.
      if (next.signal?.aborted) {
        next.leave();
        continue;
      }
      if (this.#waitForRate(next.ask) > 0) break;
      this.#take(next.ask);
      next.admit(reason);
    }
    this.#schedule();
  }

  /** Wakes up when the first one can begin, unless it waits for a permit: then the one who gives it back wakes it. */
  #schedule(): void {
    if (this.#timer !== undefined) clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next();
    if (next === undefined) return;
    const ms = this.#waitForRate(next.ask);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit("rate");
    }, Math.min(Math.ceil(ms), 2 ** 31 - 1));
  }

  /** The first one, if there is room for it: if there is none for it, there is none for those behind it either. */
  #next(): Waiter | undefined {
    const first = this.#queue.first;
    return first !== undefined && this.#hasRoom(first.priority) ? first.value : undefined;
  }

  #hasRoom(priority: number): boolean {
    if (this.#held >= this.#concurrency) return false;
    if (priority > 0 || this.#reserve === 0) return true;
    // 100 × (1 − 0.9) is a little less than 10. One place is open to everybody, however large the reserve.
    const open = Math.max(1, Math.floor(this.#concurrency * (1 - this.#reserve) + 1e-9));
    return this.#heldByRuns < open;
  }

  #waitForRate({ tokens }: Ask): number {
    const now = performance.now();
    const requests = this.#requests?.waitFor(1, now) ?? 0;
    const room = this.#tokens?.waitFor(tokens, now) ?? 0;
    return Math.max(requests, room, this.#pausedUntil - now, 0);
  }

  #take({ tokens, priority }: Ask): void {
    this.#held++;
    if (priority <= 0) this.#heldByRuns++;
    if (this.#requests === undefined && this.#tokens === undefined) return;
    const now = performance.now();
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
  }
}
