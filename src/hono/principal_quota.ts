import { delay } from "@std/async/delay";
import { Budget } from "../limits/budget.ts";
import type { Spending } from "../limits/find_exhausted.ts";
import { BudgetExhausted } from "../limits/budget_exhausted.ts";
import { Limiter } from "../limits/limiter.ts";
import type { BudgetOptions } from "../model/budget.ts";
import type { PrincipalLimits, RenewedBudget } from "./limits.ts";
import type { RunKind } from "./activity.ts";
import { MinuteWindow } from "./minute_window.ts";
import { Problem } from "./problem.ts";

const DAY = 86_400_000;

/** The usage of a caller. */
export interface QuotaState {
  /** How many requests are in progress. */
  readonly inProgress: number;
  /**
   * The calls that began within the last minute, and their limit; absent if they are not limited.
   */
  readonly lastMinute?: { readonly used: number; readonly limit: number };
  /** What was spent of the budget, and its limits; absent without a budget. */
  readonly budget?: { readonly spent: Spending; readonly limits: BudgetOptions };
}

/** Tracks the usage of one caller against its limits. */
export class PrincipalQuota {
  #limiter: Limiter | undefined;
  #limits: PrincipalLimits = {};
  readonly #reserve: number;
  #window: MinuteWindow | undefined;
  #budget: { readonly budget: Budget; readonly began: number } | undefined;
  #active = 0;
  #lastUsed = 0;

  /** Creates an unused quota. `reserve` is the share that batches must not use. */
  constructor(readonly id: string, limits: PrincipalLimits, reserve: number) {
    this.#reserve = reserve;
    this.setLimits(limits);
  }

  /** Every attempt of the caller needs a permit of it; absent if concurrency is not limited. */
  get limiter(): Limiter | undefined {
    return this.#limiter;
  }

  /**
   * Changes the limits. What the caller has used still counts: its spending, its calls of the last
   * minute, and its requests in progress.
   */
  setLimits(limits: PrincipalLimits): void {
    const { concurrency, requestsPerMinute, budget } = limits;
    this.#limits = limits;
    if (concurrency === undefined) this.#limiter = undefined;
    else if (this.#limiter !== undefined) this.#limiter.concurrency = concurrency;
    else this.#limiter = new Limiter({ concurrency, reserve: this.#reserve });
    if (requestsPerMinute === undefined) this.#window = undefined;
    else if (this.#window !== undefined) this.#window.limit = requestsPerMinute;
    else this.#window = new MinuteWindow(requestsPerMinute);
    // A budget is kept even while there is none, so that leaving it out does not reset it.
    if (budget !== undefined) this.#budget?.budget.setLimits(withoutPeriod(budget));
  }

  /** The current usage. */
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

  /** Whether nothing needs to be remembered of it. */
  isIdle(now: number): boolean {
    const { every = DAY } = this.#limits.budget ?? { every: 0 };
    return this.#active === 0 && now - this.#lastUsed > Math.max(every, 61_000);
  }

  /**
   * Admits a request of the given kind; `leave` ends it.
   *
   * @throws {Problem} If a limit of the caller is exceeded.
   */
  enter(kind: RunKind): void {
    const now = performance.now();
    const { concurrency } = this.#limits;
    this.#lastUsed = now;
    if (concurrency !== undefined && this.#active >= concurrency) {
      throw tooManyRequests(`You may have ${concurrency} requests in progress at once`, 1_000);
    }
    this.#rejectIfSpent(now);
    const wait = kind === "batch" ? 0 : this.#window?.take(now) ?? 0;
    if (wait > 0) {
      throw tooManyRequests(`You may make ${this.#window!.limit} calls per minute`, wait);
    }
    this.#active++;
  }

  /** Ends a request. */
  leave(): void {
    this.#active--;
    this.#lastUsed = performance.now();
  }

  /** Waits until a call of a batch may begin; rejects when the signal aborts. */
  async waitForTurn(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const wait = this.#window?.take(performance.now(), this.#maxOfBatches) ?? 0;
      if (wait === 0) return;
      await delay(wait, { signal });
    }
  }

  /** How many calls per minute batches may begin; the rest is reserved for other calls. */
  get #maxOfBatches(): number {
    const { requestsPerMinute = 0 } = this.#limits;
    return Math.max(1, Math.ceil(requestsPerMinute * (1 - this.#reserve)));
  }

  /** Returns the budget of the current period, if there is one. */
  budgets(): readonly Budget[] {
    const current = this.#current(performance.now());
    return current === undefined ? [] : [current.budget];
  }

  /**
   * Returns the time until the budget is renewed, in milliseconds, if the budget is spent or caused
   * the error; otherwise `undefined`.
   */
  budgetRenewsIn(cause: unknown): number | undefined {
    const now = performance.now();
    const current = this.#current(now);
    if (current === undefined) return undefined;
    const isReason = isSpent(current.budget, this.#limits.budget!) ||
      cause instanceof BudgetExhausted && cause.isOf(current.budget);
    return isReason ? current.ends - now : undefined;
  }

  #rejectIfSpent(now: number): void {
    const current = this.#current(now);
    if (current === undefined || !isSpent(current.budget, this.#limits.budget!)) return;
    throw new Problem(429, "budget", "Your budget for calls is spent: try again later", {
      retryAfterMs: current.ends - now,
    });
  }

  #current(now: number): { readonly budget: Budget; readonly ends: number } | undefined {
    const { budget: limits } = this.#limits;
    if (limits === undefined) return undefined;
    const { every = DAY } = limits;
    if (this.#budget === undefined || now >= this.#budget.began + every) {
      this.#budget = { budget: new Budget(withoutPeriod(limits)), began: now };
    }
    const { budget, began } = this.#budget;
    return { budget, ends: began + every };
  }
}

function withoutPeriod({ every: _, ...limits }: RenewedBudget): BudgetOptions {
  return limits;
}

function isSpent({ spent }: Budget, limits: RenewedBudget): boolean {
  return (["cost", "tokens", "calls"] as const).some((unit) =>
    spent[unit] >= (limits[unit] ?? Infinity)
  );
}

function tooManyRequests(detail: string, retryAfterMs: number): Problem {
  return new Problem(429, "too_many_requests", `${detail}: try again later`, { retryAfterMs });
}
