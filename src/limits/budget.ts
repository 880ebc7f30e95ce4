/**
 * Keeps spending within a budget, even when thousands of attempts spend at once. No library does
 * it: attempts reserve by the lengths of earlier answers, and release what they did not use.
 */
import { follow, type Following } from "../async/abort.ts";
import type { Heartbeat } from "../async/heartbeat.ts";
import { LinkedList } from "../async/linked_list.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { BudgetExhausted } from "./budget_exhausted.ts";
import { COST, toUnits, validAmount } from "./cost_units.ts";
import { type AttemptEstimate, expectedOutput } from "./expected_output.ts";
import { findExhausted, type Spending } from "./find_exhausted.ts";
import { Held } from "./held.ts";
import { PriorityQueue, type QueueEntry } from "./priority_queue.ts";
import type { Amount, Reservation } from "./reservation.ts";
import { ReservedSum } from "./reserved_sum.ts";

/** An attempt that waits for others to settle. */
interface Waiter {
  readonly estimate: AttemptEstimate;
  readonly signal: AbortSignal | undefined;
  /** The registration with its signal. */
  following: Following | undefined;
  readonly grant: (reservation: Reservation) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Keeps spending within a budget: each attempt reserves what it may spend before it is sent, and
 * settles when it has ended. An attempt is only admitted while what is spent and reserved stays
 * within the budget.
 *
 * With `maxTokens` the reservation is the maximum, so that the budget is never exceeded. Without,
 * it is an expectation: see {@linkcode expectedOutput}. An attempt that exceeds its expectation may
 * exceed the budget by the difference; then no other is admitted. An attempt whose expectation
 * exceeds what is left, but which may fit, is admitted when no other is in flight.
 */
export class Budget {
  #total: Spending;
  readonly #spent = { cost: 0, tokens: 0, calls: 0 };
  readonly #reserved = { cost: new ReservedSum(), tokens: new ReservedSum() };
  #inFlight = 0;
  #answered = 0;
  readonly #queue = new PriorityQueue<Waiter>();
  /**
   * The reservations that rely on earlier answers, by the number of their extensions; oldest
   * first.
   */
  readonly #learned: LinkedList<Held>[] = [];

  readonly #onSettle = (held: Held, actual: Amount | undefined) => this.#settle(held, actual);

  /** Creates a budget of which nothing is spent. */
  constructor(limits: BudgetOptions) {
    this.#total = totalOf(limits);
  }

  /** Changes the limits. What is spent and reserved remains so. */
  setLimits(limits: BudgetOptions): void {
    this.#total = totalOf(limits);
    this.#serveQueue();
  }

  /** Whether the cost is limited, so that every estimate needs one. */
  get countsCost(): boolean {
    return this.#total.cost !== Infinity;
  }

  /** What was spent by attempts that have settled. */
  get spent(): Spending {
    return { ...this.#spent, cost: this.#spent.cost / COST };
  }

  /** What is reserved at most for attempts that have not ended. */
  get reserved(): Spending {
    const { cost, tokens } = this.#reserved;
    return { cost: cost.most / COST, tokens: tokens.most, calls: this.#inFlight };
  }

  /** What is neither spent nor reserved, at least 0; `Infinity` without a limit. */
  get left(): Spending {
    const { cost, tokens, calls } = this.#total;
    const { spent, reserved } = this;
    return {
      cost: Math.max(0, cost - this.#spent.cost - this.#reserved.cost.most) / COST,
      tokens: Math.max(0, tokens - spent.tokens - reserved.tokens),
      calls: Math.max(0, calls - spent.calls - reserved.calls),
    };
  }

  /** The number of waiting attempts. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Reserves for an attempt, if nothing has to be waited for; otherwise returns `undefined`.
   *
   * @throws {BudgetExhausted} If it is certain not to fit.
   * @throws {TypeError} If the cost is limited and the estimate has none.
   */
  tryReserve(estimate: AttemptEstimate, now: number): Reservation | undefined {
    if (this.countsCost && priceOf(estimate) === undefined) {
      throw new TypeError(
        "Cannot keep the budget as the cost of the call is not known: " +
          "pass `prices` with what its model costs, or limit tokens or calls",
      );
    }
    const exhausted = this.#findExhausted(estimate);
    if (exhausted !== undefined) throw exhausted;
    return this.#queue.first === undefined ? this.#hold(estimate, now) : undefined;
  }

  /**
   * Reserves for an attempt. If only the reservations of others leave no room for it, it waits for
   * them to settle: first come, first served.
   *
   * @throws {BudgetExhausted} As soon as it is certain not to fit; in the queue, when it is
   * first.
   * @throws {TypeError} If the cost is limited and the estimate has none.
   * @throws The signal's reason, as soon as it aborts; then nothing is reserved.
   */
  reserve(
    estimate: AttemptEstimate,
    signal: AbortSignal | undefined,
    heartbeat?: Heartbeat,
  ): Promise<Reservation> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    try {
      const reservation = this.tryReserve(estimate, performance.now());
      if (reservation !== undefined) return Promise.resolve(reservation);
    } catch (error) {
      return Promise.reject(error);
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        entry.value.following?.stop();
        if (heartbeat !== undefined) heartbeat.leaveQueue = undefined;
        this.#queue.remove(entry);
      };
      const entry: QueueEntry<Waiter> = this.#queue.push({
        estimate,
        signal,
        following: undefined,
        grant: (reservation) => {
          leave();
          if (heartbeat !== undefined) heartbeat.leaveQueue = () => reservation.settle(undefined);
          resolve(reservation);
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      }, 0);
      const abandon = (reason: unknown) => {
        const wasFirst = this.#queue.first === entry;
        entry.value.reject(reason);
        // The next waiter may need less.
        if (wasFirst) this.#serveQueue();
      };
      if (signal !== undefined) {
        entry.value.following = follow(signal, { onAborted: () => abandon(signal.reason) });
      }
      if (heartbeat !== undefined) heartbeat.leaveQueue = abandon;
    });
  }

  /** Reserves for an attempt if there is room. */
  #hold(estimate: AttemptEstimate, now: number): Reservation | undefined {
    this.#extendOverdue(now);
    const output = expectedOutput(estimate, this.#inFlight, this.#answered);
    const held = new Held(estimate, output, now, this.#onSettle);
    if (!this.#fits(held)) return undefined;
    this.#inFlight++;
    this.#add(held);
    return held;
  }

  #settle(held: Held, actual: Amount | undefined): void {
    this.#remove(held);
    this.#inFlight--;
    if (this.#inFlight === 0) {
      this.#reserved.cost.reset();
      this.#reserved.tokens.reset();
    }
    if (actual !== undefined) {
      const billed = validAmount(actual.cost);
      const used = validAmount(actual.tokens) ?? held.tokens.most;
      this.#spent.cost += billed === undefined ? held.cost.most : toUnits(billed);
      this.#spent.tokens += used;
      this.#spent.calls++;
      if (used > 0) this.#answered++;
    }
    this.#serveQueue();
  }

  #add(held: Held): void {
    this.#reserved.cost.add(held.cost);
    this.#reserved.tokens.add(held.tokens);
    held.addPending(1);
    if (held.mayExtend) (this.#learned[held.extensions] ??= new LinkedList()).push(held);
  }

  #remove(held: Held): void {
    this.#reserved.cost.remove(held.cost);
    this.#reserved.tokens.remove(held.tokens);
    held.addPending(-1);
    this.#learned[held.extensions]?.remove(held);
  }

  /**
   * Extends the reservations of attempts that take long. Long answers take longer than short ones,
   * so they are more common among the attempts in flight than among the finished ones.
   */
  #extendOverdue(now: number): void {
    for (const learned of this.#learned) {
      for (let held = learned.first; held !== undefined; held = learned.first) {
        if (held.overdueAt > now) break;
        this.#remove(held);
        held.extend();
        this.#add(held);
      }
    }
  }

  /** Admits or rejects waiters in order, until one has to wait for the reservations of others. */
  #serveQueue(): void {
    if (this.#queue.first === undefined) return;
    const now = performance.now();
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      const { estimate, signal, following } = first;
      const reason = following?.isAborted ? signal!.reason : this.#findExhausted(estimate);
      if (reason !== undefined) {
        first.reject(reason);
        continue;
      }
      const reservation = this.#hold(estimate, now);
      if (reservation === undefined) return;
      first.grant(reservation);
    }
  }

  #first(): Waiter | undefined {
    return this.#queue.first?.value;
  }

  #findExhausted(estimate: AttemptEstimate): BudgetExhausted | undefined {
    return findExhausted({ budget: this, total: this.#total, spent: this.#spent }, estimate);
  }

  #fits({ cost, tokens }: Held): boolean {
    // Alone, it has been found to fit, if it is not longer than expected.
    if (this.#inFlight === 0) return true;
    const { cost: maxCost, tokens: maxTokens, calls: maxCalls } = this.#total;
    const { cost: ownCost, tokens: ownTokens, calls } = this.#spent;
    return calls + this.#inFlight < maxCalls &&
      (maxCost === Infinity || ownCost + this.#reserved.cost.with(cost) <= maxCost) &&
      (maxTokens === Infinity || ownTokens + this.#reserved.tokens.with(tokens) <= maxTokens);
  }
}

function totalOf(
  { cost = Infinity, tokens = Infinity, calls = Infinity }: BudgetOptions,
): Spending {
  return { cost: toUnits(cost), tokens, calls };
}

/** Returns the price of the input, if all prices are valid. */
function priceOf({ inputCost, outputCost }: AttemptEstimate): number | undefined {
  return validAmount(outputCost) === undefined ? undefined : validAmount(inputCost);
}
