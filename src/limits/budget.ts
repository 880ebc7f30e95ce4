import { onAbort } from "../async/abort.ts";
import type { BudgetOptions } from "../model/budget.ts";
import { PriorityQueue, type QueueEntry } from "./priority_queue.ts";

/** What an attempt will take, as far as one can tell, or what it took. */
export interface Amount {
  /** US dollars; absent where it is not known. */
  readonly cost?: number;
  /** Tokens, in and out. */
  readonly tokens: number;
}

/** What is kept for an attempt until it has ended. */
export interface Reservation {
  /**
   * Says what the attempt took, in the place of what was reserved: to be called on every exit. Only the first call counts.
   *
   * @param actual What was billed; a cost that is not known counts as it was estimated. `undefined` if nothing was sent.
   */
  settle(actual: Amount | undefined): void;
}

/** A sum of what attempts took, or may take. */
export interface Spending {
  /** US dollars, as far as they are known. */
  readonly cost: number;
  /** Tokens, in and out. */
  readonly tokens: number;
  /** Attempts. */
  readonly calls: number;
}

/** The budget leaves too little for another attempt. */
export class BudgetExhausted extends Error {
  /** Its name, as the runtime shows it. */
  override readonly name = "BudgetExhausted";
  /** Which of the limits it is. */
  readonly limit: keyof BudgetOptions;

  /** With the whole budget, how much of it is used, and what the attempt would take. */
  constructor(limit: keyof BudgetOptions, total: number, used: number, needed: number) {
    super(
      `the budget of ${show(total)} ${UNITS[limit]} is spent: ` +
        `${show(used)} are used and this would take about ${show(needed)}`,
    );
    this.limit = limit;
  }
}

/** Dollars are counted in millionths of a millionth: whole numbers, so that three times 0.1 is 0.3, and what is given back leaves 0. */
const COST = 1e12;

/** One who waits for others to settle. */
interface Waiter {
  readonly needs: Sum;
  readonly signal: AbortSignal | undefined;
  readonly grant: () => void;
  readonly refuse: (reason: unknown) => void;
}

interface Sum {
  cost: number;
  tokens: number;
  calls: number;
}

const LIMITS = ["cost", "tokens", "calls"] as const;
const UNITS = { cost: "US dollars", tokens: "tokens", calls: "calls" };

/**
 * Keeps what is spent within a budget, also when thousands spend at once: each attempt reserves what it may take before it
 * is sent, and settles when it has ended. What is reserved and spent is never above the budget when an attempt is let through; only one
 * that takes more than its estimate can get it above, and then no other is.
 */
export class Budget {
  readonly #total: Sum;
  readonly #spent: Sum = { cost: 0, tokens: 0, calls: 0 };
  readonly #reserved: Sum = { cost: 0, tokens: 0, calls: 0 };
  readonly #queue = new PriorityQueue<Waiter>();

  /** A budget of which nothing is spent. */
  constructor({ cost = Infinity, tokens = Infinity, calls = Infinity }: BudgetOptions) {
    this.#total = { cost: toUnits(cost), tokens, calls };
  }

  /** Does it have to be told what attempts cost? */
  get countsCost(): boolean {
    return this.#total.cost !== Infinity;
  }

  /** What is settled. */
  get spent(): Spending {
    return { ...this.#spent, cost: this.#spent.cost / COST };
  }

  /** What attempts that have not ended may take. */
  get reserved(): Spending {
    return { ...this.#reserved, cost: this.#reserved.cost / COST };
  }

  /** What is neither spent nor reserved, 0 or more; `Infinity` where there is no limit. */
  get left(): Spending {
    const left = (limit: keyof Sum) =>
      Math.max(0, this.#total[limit] - this.#spent[limit] - this.#reserved[limit]);
    return { cost: left("cost") / COST, tokens: left("tokens"), calls: left("calls") };
  }

  /** How many wait. */
  get waiting(): number {
    return this.#queue.size;
  }

  /**
   * Reserves what an attempt may take. If it does not fit only for what others have reserved, it waits for them: first come,
   * first served.
   *
   * @throws {BudgetExhausted} As soon as it is sure that it will not fit; behind others, when its turn comes.
   * @throws {TypeError} If dollars are limited and the estimate has no cost.
   * @throws The signal's reason, as soon as it aborts; then nothing is reserved.
   */
  reserve(estimate: Amount, signal: AbortSignal | undefined): Promise<Reservation> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    const cost = known(estimate.cost);
    if (cost === undefined && this.countsCost) {
      return Promise.reject(
        new TypeError(
          "Cannot keep the budget as the cost of the call is not known: pass `prices` with what its model costs, " +
            "or limit tokens or calls",
        ),
      );
    }
    const needs = { cost: toUnits(cost ?? 0), tokens: known(estimate.tokens) ?? 0, calls: 1 };
    const exhausted = this.#exhausted(needs);
    if (exhausted !== undefined) return Promise.reject(exhausted);
    if (this.#queue.first === undefined && this.#fits(needs)) {
      return Promise.resolve(this.#take(needs));
    }
    return new Promise((resolve, reject) => {
      let release: (() => void) | undefined;
      const leave = () => {
        release?.();
        this.#queue.remove(waiting);
      };
      const waiting: QueueEntry<Waiter> = this.#queue.push({
        needs,
        signal,
        grant: () => {
          leave();
          resolve(this.#take(needs));
        },
        refuse: (reason) => {
          leave();
          reject(reason);
        },
      }, 0);
      if (signal !== undefined) {
        release = onAbort(signal, () => {
          const first = this.#queue.first === waiting;
          waiting.value.refuse(signal.reason);
          // Behind it may stand one who needs less.
          if (first) this.#answer();
        });
      }
    });
  }

  #take(needs: Sum): Reservation {
    add(this.#reserved, needs, 1);
    let open = true;
    return {
      settle: (actual) => {
        if (!open) return;
        open = false;
        add(this.#reserved, needs, -1);
        // Fractions may not come out even; nothing is reserved when nobody has anything.
        if (this.#reserved.calls === 0) this.#reserved.cost = this.#reserved.tokens = 0;
        if (actual !== undefined) {
          const cost = known(actual.cost);
          add(this.#spent, {
            cost: cost === undefined ? needs.cost : toUnits(cost),
            tokens: known(actual.tokens) ?? needs.tokens,
            calls: 1,
          }, 1);
        }
        this.#answer();
      },
    };
  }

  /** Lets through and refuses, from the first on, until one has to wait on. When nothing is reserved, nobody has to. */
  #answer(): void {
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      const { needs, signal } = first;
      const reason = signal?.aborted ? signal.reason : this.#exhausted(needs);
      if (reason !== undefined) first.refuse(reason);
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

  /** The error if it does not fit whatever the others give back. A budget that is spent has no room even for what takes nothing. */
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

/** A price function may give nonsense, and a sum with NaN in it would never be above the budget. */
function known(amount: number | undefined): number | undefined {
  return amount !== undefined && amount >= 0 && amount < Infinity ? amount : undefined;
}

function toUnits(cost: number): number {
  return Math.round(cost * COST);
}

/** A sum of money without the noise behind its sixth digit. */
function show(amount: number): string {
  return String(Number.isInteger(amount) ? amount : Number(amount.toPrecision(6)));
}
