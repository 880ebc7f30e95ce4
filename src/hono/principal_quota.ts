import { delay } from "@std/async/delay";
import { Budget, type Spending } from "../limits/budget.ts";
import { Limiter } from "../limits/limiter.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { PrincipalLimits, RenewedBudget } from "./limits.ts";
import { MinuteWindow } from "./minute_window.ts";
import { Problem } from "./problem.ts";

const DAY = 86_400_000;

/** Where a caller stands. */
export interface QuotaState {
  /** How many requests it has in progress. */
  readonly inProgress: number;
  /** How many calls it has begun in the last minute, and how many it may; absent if that is not limited. */
  readonly lastMinute?: { readonly used: number; readonly limit: number };
  /** What it has spent of its budget, and what it may; absent if it has none. */
  readonly budget?: { readonly spent: Spending; readonly limits: BudgetOptions };
}

/** What a caller has in progress and has used, against its limits. */
export class PrincipalQuota {
  /** What its attempts need a permit of; absent if their number is not limited. */
  readonly limiter: Limiter | undefined;
  readonly #limits: PrincipalLimits;
  readonly #window: MinuteWindow | undefined;
  /** How many calls of batches may begin in a minute: the rest is kept for single ones. */
  readonly #mostOfBatches: number;
  #budget: { readonly budget: Budget; readonly ends: number } | undefined;
  #active = 0;
  #lastUsed = 0;

  /** An account that has used nothing. `reserve` is the share that is kept from batches. */
  constructor(readonly id: string, limits: PrincipalLimits, reserve: number) {
    const { concurrency, requestsPerMinute } = limits;
    this.#limits = limits;
    if (concurrency !== undefined) this.limiter = new Limiter({ concurrency, reserve });
    if (requestsPerMinute !== undefined) this.#window = new MinuteWindow(requestsPerMinute);
    this.#mostOfBatches = Math.max(1, Math.ceil((requestsPerMinute ?? 0) * (1 - reserve)));
  }

  /** Where it stands. */
  get state(): QuotaState {
    const now = performance.now();
    const limit = this.#window?.limit;
    const budget = this.#current(now)?.budget;
    return {
      inProgress: this.#active,
      ...(limit !== undefined && { lastMinute: { used: this.#window!.count(now), limit } }),
      ...(budget && { budget: { spent: budget.spent, limits: this.#limits.budget! } }),
    };
  }

  /** Is there nothing to remember of it? */
  isIdle(now: number): boolean {
    const { every = DAY } = this.#limits.budget ?? { every: 0 };
    return this.#active === 0 && now - this.#lastUsed > Math.max(every, 61_000);
  }

  /**
   * Begins a request; `leave` ends it.
   *
   * @throws {Problem} If that is more than the caller may do.
   */
  enter(isBatch: boolean): void {
    const now = performance.now();
    const { concurrency } = this.#limits;
    this.#lastUsed = now;
    if (concurrency !== undefined && this.#active >= concurrency) {
      throw tooMany(`You may have ${concurrency} requests in progress at the same time`, 1_000);
    }
    this.#refuseSpent(now);
    const wait = isBatch ? 0 : this.#window?.take(now) ?? 0;
    if (wait > 0) throw tooMany(`You may begin ${this.#window!.limit} calls a minute`, wait);
    this.#active++;
  }

  /** Ends a request. */
  leave(): void {
    this.#active--;
    this.#lastUsed = performance.now();
  }

  /** Waits until a call of a batch may begin. Ends at once when the signal aborts. */
  async waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    const window = this.#window;
    if (window === undefined) return;
    for (;;) {
      const wait = window.take(performance.now(), this.#mostOfBatches);
      if (wait === 0) return;
      await delay(wait, { signal });
    }
  }

  /** The budget that its calls stand in now. */
  budgets(): readonly Budget[] {
    const current = this.#current(performance.now());
    return current === undefined ? [] : [current.budget];
  }

  /** How many milliseconds until the budget begins anew, if there is one and it is spent. */
  budgetRenewsIn(): number | undefined {
    const now = performance.now();
    const current = this.#current(now);
    return current && isSpent(current.budget, this.#limits.budget!)
      ? current.ends - now
      : undefined;
  }

  #refuseSpent(now: number): void {
    const current = this.#current(now);
    if (current === undefined || !isSpent(current.budget, this.#limits.budget!)) return;
    throw new Problem(429, "budget", "Your budget for calls is used up", {
      retryAfterMs: current.ends - now,
    });
  }

  #current(now: number): { readonly budget: Budget; readonly ends: number } | undefined {
    if (this.#limits.budget === undefined) return undefined;
    if (this.#budget === undefined || now >= this.#budget.ends) {
      const { every = DAY, ...limits } = this.#limits.budget;
      this.#budget = { budget: new Budget(limits), ends: now + every };
    }
    return this.#budget;
  }
}

function isSpent({ spent }: Budget, limits: RenewedBudget): boolean {
  return (["cost", "tokens", "calls"] as const).some((what) =>
    spent[what] >= (limits[what] ?? Infinity)
  );
}

function tooMany(detail: string, retryAfterMs: number): Problem {
  return new Problem(429, "too_many_requests", `${detail}: try again later`, { retryAfterMs });
}
