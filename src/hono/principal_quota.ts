import { delay } from "@std/async/delay";
import { Budget, type Spending } from "../limits/budget.ts";
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
  /** Every attempt of the caller needs a permit of it; absent if concurrency is not limited. */
  readonly limiter: Limiter | undefined;
  readonly #limits: PrincipalLimits;
  readonly #window: MinuteWindow | undefined;
  /** How many calls per minute batches may begin; the rest is reserved for other calls. */
  readonly #maxOfBatches: number;
  #budget: { readonly budget: Budget; readonly ends: number } | undefined;
  #active = 0;
  #lastUsed = 0;

  /** Creates an unused quota. `reserve` is the share that batches must not use. */
  constructor(readonly id: string, limits: PrincipalLimits, reserve: number) {
    const { concurrency, requestsPerMinute } = limits;
    this.#limits = limits;
    if (concurrency !== undefined) this.limiter = new Limiter({ concurrency, reserve });
    if (requestsPerMinute !== undefined) this.#window = new MinuteWindow(requestsPerMinute);
    this.#maxOfBatches = Math.max(1, Math.ceil((requestsPerMinute ?? 0) * (1 - reserve)));
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
    const window = this.#window;
    if (window === undefined) return;
    for (;;) {
      const wait = window.take(performance.now(), this.#maxOfBatches);
      if (wait === 0) return;
      await delay(wait, { signal });
    }
  }

  /** Returns the budget of the current period, if there is one. */
  budgets(): readonly Budget[] {
    const current = this.#current(performance.now());
    return current === undefined ? [] : [current.budget];
  }

  /**
   * Returns the time until a spent budget is renewed, in milliseconds; `undefined` if it is not
   * spent.
   */
  budgetRenewsIn(): number | undefined {
    const now = performance.now();
    const current = this.#current(now);
    return current && isSpent(current.budget, this.#limits.budget!)
      ? current.ends - now
      : undefined;
  }

  #rejectIfSpent(now: number): void {
    const current = this.#current(now);
    if (current === undefined || !isSpent(current.budget, this.#limits.budget!)) return;
    throw new Problem(429, "budget", "Your budget for calls is spent: try again later", {
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
  return (["cost", "tokens", "calls"] as const).some((unit) =>
    spent[unit] >= (limits[unit] ?? Infinity)
  );
}

function tooManyRequests(detail: string, retryAfterMs: number): Problem {
  return new Problem(429, "too_many_requests", `${detail}: try again later`, { retryAfterMs });
}
