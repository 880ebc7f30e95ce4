import { onAbort } from "../model/abort.ts";
import { Bucket } from "./bucket.ts";
import { PriorityQueue, type Waiting } from "./queue.ts";

/** How much may happen at a time, and in a minute. What is absent is not limited. */
export interface LimitOptions {
  /** How many attempts may be on the wire at the same time. */
  readonly concurrency?: number;
  /** How many attempts may begin in any minute. */
  readonly requestsPerMinute?: number;
  /** How many tokens, in and out, attempts may use in a minute: estimated when they begin, corrected when they end. */
  readonly tokensPerMinute?: number;
  /**
   * The share of the concurrency that is kept for calls with a priority above 0, from 0 to 1.
   *
   * @default {0}
   */
  readonly reserve?: number;
}

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
  readonly admit: (reason: WaitReason) => void;
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
        admit: (reason) => {
          release?.();
          resolve(reason);
        },
      }, ask.priority);
      if (signal !== undefined) {
        release = onAbort(signal, () => {
          this.#queue.remove(waiting);
          reject(signal.reason);
          // Behind it may stand one who needs less.
          this.#admit("rate");
        });
      }
      this.#schedule();
    });
  }

  /** Gives a permit back. `used` is how many tokens the attempt used, if that is known, in the place of those it `asked` for. */
  release(asked: number, used: number | undefined): void {
    this.#held--;
    if (used !== undefined) this.#tokens?.correct(asked - used);
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
    for (;;) {
      const next = this.#queue.firstOf((priority) => this.#hasRoom(priority));
      if (next === undefined) return;
      if (this.#waitForRate(next.value.ask) > 0) break;
      this.#queue.remove(next);
      this.#take(next.value.ask);
      next.value.admit(reason);
    }
    this.#schedule();
  }

  /** Wakes up when the first one can begin, unless it waits for a permit: then the one who gives it back wakes it. */
  #schedule(): void {
    const next = this.#queue.firstOf((priority) => this.#hasRoom(priority));
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (next === undefined) return;
    const ms = this.#waitForRate(next.value.ask);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#admit("rate");
    }, Math.min(Math.ceil(ms), 2 ** 31 - 1));
  }

  #hasRoom(priority: number): boolean {
    const limit = priority > 0 ? this.#concurrency : this.#concurrency * (1 - this.#reserve);
    // One place is open to everybody, however small the limit and large the reserve.
    return this.#held < Math.max(1, Math.floor(limit));
  }

  #waitForRate({ tokens }: Ask): number {
    const now = performance.now();
    const requests = this.#requests?.waitFor(1, now) ?? 0;
    const room = this.#tokens?.waitFor(tokens, now) ?? 0;
    return Math.max(requests, room, this.#pausedUntil - now, 0);
  }

  #take({ tokens }: Ask): void {
    this.#held++;
    if (this.#requests === undefined && this.#tokens === undefined) return;
    const now = performance.now();
    this.#requests?.take(1, now);
    this.#tokens?.take(tokens, now);
  }
}
