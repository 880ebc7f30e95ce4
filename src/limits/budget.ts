import { onAbort } from "../async/abort.ts";
import type { BudgetOptions } from "../model/budget.ts";
import { PriorityQueue, type QueueEntry } from "./priority_queue.ts";

/** What an attempt is estimated to spend, or what it spent. */
export interface Amount {
  /** US dollars; absent if unknown. */
  readonly cost?: number;
  /** Input and output tokens. */
  readonly tokens: number;
}

/** What is reserved for an attempt until it ends. */
export interface Reservation {
  /**
   * Replaces the reservation by what was spent. Must be called on every exit; only the first call
   * counts.
   *
   * @param actual What was billed; an unknown cost counts as estimated. `undefined` if nothing
   * was sent.
   */
  settle(actual: Amount | undefined): void;
}

/** The sum of what attempts spent, or may spend. */
export interface Spending {
  /** US dollars, as far as known. */
  readonly cost: number;
  /** Input and output tokens. */
  readonly tokens: number;
  /** The number of attempts. */
  readonly calls: number;
}

/** Thrown if a budget leaves too little for another attempt. */
export class BudgetExhausted extends Error {
  /** The name of the error class. */
  override readonly name = "BudgetExhausted";
  /** The limit that is reached. */
  readonly limit: keyof BudgetOptions;

  /** Creates the error from the total, the amount used, and the amount that was requested. */
  constructor(limit: keyof BudgetOptions, total: number, used: number, needed: number) {
    super(
      `the budget of ${show(total)} ${UNITS[limit]} is spent: ` +
        `${show(used)} are used and this would take about ${show(needed)}`,
    );
    this.limit = limit;
  }
}

/**
 * Costs are counted in integers of 1e-12 dollars, so that three times 0.1 is 0.3, and a cancelled
 * reservation leaves 0.
 */
const COST = 1e12;

/** An attempt that waits for others to settle. */
interface Waiter {
  readonly needs: Sum;
  readonly signal: AbortSignal | undefined;
  readonly grant: () => void;
  readonly reject: (reason: unknown) => void;
}

interface Sum {
  cost: number;
  tokens: number;
  calls: number;
}

const LIMITS = ["cost", "tokens", "calls"] as const;
const UNITS = { cost: "US dollars", tokens: "tokens", calls: "calls" };

/**
 * Keeps spending within a budget, even when thousands of attempts spend at once: each one
 * reserves its estimate before it is sent, and settles when it has ended. An attempt is only
 * admitted while what is reserved and spent stays within the budget. Only an attempt that spends
 * more than its estimate can exceed the budget, and then no other is admitted.
 */
export class Budget {
  readonly #total: Sum;
  readonly #spent: Sum = { cost: 0, tokens: 0, calls: 0 };
  readonly #reserved: Sum = { cost: 0, tokens: 0, calls: 0 };
  readonly #queue = new PriorityQueue<Waiter>();

  /** Creates a budget of which nothing is spent. */
  constructor({ cost = Infinity, tokens = Infinity, calls = Infinity }: BudgetOptions) {
    this.#total = { cost: toUnits(cost), tokens, calls };
  }

  /** Whether the cost is limited, so that every estimate needs one. */
  get countsCost(): boolean {
    return this.#total.cost !== Infinity;
  }

  /** What was spent by attempts that have settled. */
  get spent(): Spending {
    return { ...this.#spent, cost: this.#spent.cost / COST };
  }

  /** What is reserved for attempts that have not ended. */
  get reserved(): Spending {
    return { ...this.#reserved, cost: this.#reserved.cost / COST };
  }

  /** What is neither spent nor reserved, at least 0; `Infinity` without a limit. */
  get left(): Spending {
    const left = (limit: keyof Sum) =>
      Math.max(0, this.#total[limit] - this.#spent[limit] - this.#reserved[limit]);
    return { cost: left("cost") / COST, tokens: left("tokens"), calls: left("calls") };
  }

  /** The number of waiting attempts. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Reserves the estimate of an attempt. If only the reservations of others leave no room for it,
   * it waits for them to settle: first come, first served.
   *
   * @throws {BudgetExhausted} As soon as it is certain not to fit; in the queue, when it is
   * first.
   * @throws {TypeError} If the cost is limited and the estimate has none.
   * @throws The signal's reason, as soon as it aborts; then nothing is reserved.
   */
  reserve(estimate: Amount, signal: AbortSignal | undefined): Promise<Reservation> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const cost = validAmount(estimate.cost);
    if (cost === undefined && this.countsCost) {
      return Promise.reject(
        new TypeError(
          "Cannot keep the budget as the cost of the call is not known: " +
            "pass `prices` with what its model costs, or limit tokens or calls",
        ),
      );
    }
    const needs = { cost: toUnits(cost ?? 0), tokens: validAmount(estimate.tokens) ?? 0, calls: 1 };
    const exhausted = this.#exhausted(needs);
    if (exhausted !== undefined) return Promise.reject(exhausted);
    if (this.#queue.first === undefined && this.#fits(needs)) {
      return Promise.resolve(this.#hold(needs));
    }
    return new Promise((resolve, reject) => {
      let stopListening: (() => void) | undefined;
      const leave = () => {
        stopListening?.();
        this.#queue.remove(entry);
      };
      const entry: QueueEntry<Waiter> = this.#queue.push({
        needs,
        signal,
        grant: () => {
          leave();
          resolve(this.#hold(needs));
        },
        reject: (reason) => {
          leave();
          reject(reason);
        },
      }, 0);
      if (signal !== undefined) {
        stopListening = onAbort(signal, () => {
          const wasFirst = this.#queue.first === entry;
          entry.value.reject(signal.reason);
          // The next waiter may need less.
          if (wasFirst) this.#serveQueue();
        });
      }
    });
  }

  #hold(needs: Sum): Reservation {
    add(this.#reserved, needs, 1);
    let isSettled = false;
    return {
      settle: (actual) => {
        if (isSettled) return;
        isSettled = true;
        add(this.#reserved, needs, -1);
        // Fractional estimates may leave a rounding error when the last reservation is gone.
        if (this.#reserved.calls === 0) this.#reserved.cost = this.#reserved.tokens = 0;
        if (actual !== undefined) {
          const cost = validAmount(actual.cost);
          add(this.#spent, {
            cost: cost === undefined ? needs.cost : toUnits(cost),
            tokens: validAmount(actual.tokens) ?? needs.tokens,
            calls: 1,
          }, 1);
        }
        this.#serveQueue();
      },
    };
  }

  /** Admits or rejects waiters in order, until one has to wait for the reservations of others. */
  #serveQueue(): void {
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      const { needs, signal } = first;
      const reason = signal?.aborted ? signal.reason : this.#exhausted(needs);
      if (reason !== undefined) first.reject(reason);
      else if (this.#fits(needs)) first.grant();
      else return;
    }
  }

  #first(): Waiter | undefined {
    return this.#queue.first?.value;
  }

  #fits(needs: Sum): boolean {
    return LIMITS.every((limit) =>
      this.#spent[limit] + this.#reserved[limit] + needs[limit] <= this.#total[limit]
    );
  }

  /**
   * Returns an error if the needs do not fit, even if all reservations are cancelled. A budget
   * that is used up has no room even for an attempt that needs nothing.
   */
  #exhausted(needs: Sum): BudgetExhausted | undefined {
    for (const limit of LIMITS) {
      const [total, spent, needed] = [this.#total[limit], this.#spent[limit], needs[limit]];
      if (spent < total && spent + needed <= total) continue;
      const unit = limit === "cost" ? COST : 1;
      return new BudgetExhausted(limit, total / unit, spent / unit, needed / unit);
    }
    return undefined;
  }
}

function add(sum: Sum, amount: Sum, sign: 1 | -1): void {
  for (const limit of LIMITS) sum[limit] += sign * amount[limit];
}

/** Ignores nonsense of a price function: a sum with NaN in it would never exceed the budget. */
function validAmount(amount: number | undefined): number | undefined {
  return amount !== undefined && amount >= 0 && amount < Infinity ? amount : undefined;
}

function toUnits(cost: number): number {
  return Math.round(cost * COST);
}

/** Formats an amount with at most six significant digits. */
function show(amount: number): string {
  return String(Number.isInteger(amount) ? amount : Number(amount.toPrecision(6)));
}
