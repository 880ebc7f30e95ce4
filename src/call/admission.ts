/**
 * Admission control for one attempt: reserves budgets, acquires a permit from every limiter and
 * checks the circuit breaker.
 */
import { Heartbeat } from "../async/heartbeat.ts";
import type { Budget } from "../limits/budget.ts";
import type { Amount, Reservation } from "../limits/reservation.ts";
import { BudgetExhausted } from "../limits/budget_exhausted.ts";
import type { Limiter } from "../limits/limiter.ts";
import { Permits, type WaitTimes } from "../limits/permits.ts";
import { accountLimiter, modelLimiter, processLimiter } from "../limits/limiter_registry.ts";
import { ProviderError } from "../model/errors.ts";
import { estimateTokens } from "../model/estimate_tokens.ts";
import type { Usage } from "../model/usage.ts";
import type { PriceDetails } from "../pricing/price_details.ts";
import { costOf } from "../pricing/prices.ts";
import { longestPause } from "./longest_wait.ts";
import { configuration } from "./options/config.ts";
import type { AttemptOutcome, Outgoing, Pass } from "./outgoing.ts";
import { expectedUsage, updateAverages } from "./estimates/token_averages.ts";
import { historyOf, requestSizeOf, SpendingEstimate } from "./estimates/spending_estimate.ts";

/** What an attempt holds. */
export class Admission implements Pass {
  /** Reports the outcome to the circuit breaker. */
  report: Pass["report"];
  readonly #call: Outgoing;
  readonly #permits: Permits;
  readonly #estimate: number;
  readonly #expected: Usage;
  /** Estimates what the attempt may spend; absent without budgets. */
  #spending: SpendingEstimate | undefined;
  #reservations: Reservation[] = NONE;
  /** Only where requests may end at any point. */
  readonly #heartbeat: Heartbeat | undefined;

  /** Nothing is held yet. */
  constructor(call: Outgoing) {
    this.#call = call;
    this.#estimate = estimateTokens(call.request.messages);
    this.#expected = call.expected ?? expectedUsage(call, this.#estimate);
    const heartbeat = this.#heartbeat = Heartbeat.start(() => this.#abandon());
    const ask = { tokens: this.#expected.totalTokens, priority: call.priority, heartbeat };
    this.#permits = new Permits(limitersOf(call), ask);
  }

  /** When the request was sent, on the clock of `performance.now()`. */
  at = 0;
  /** The adaptive concurrency when it went out, if there is one. */
  concurrency: number | undefined;

  /** Goes in if nothing is to be waited for. Throws as {@linkcode admit} does. */
  enter(now: number): boolean {
    const { budgets } = this.#call;
    if (budgets.length > 0) {
      this.#spending = new SpendingEstimate(
        this.#call,
        this.#estimate,
        this.#expected.inputTokens,
      );
      this.#reservations = [];
      if (!this.#tryReserve(now)) return false;
    }
    if (!this.#permits.tryAcquire(now)) return false;
    try {
      this.#start(now);
    } catch (error) {
      this.#settle(undefined);
      throw error;
    }
    return true;
  }

  /** Waits until it may go in. */
  async wait(): Promise<this> {
    const { trace, signal, budgets, duplicate } = this.#call;
    try {
      const budget = this.#reservations.length < budgets.length ? await this.#reserve() : 0;
      const waited: WaitTimes = {};
      try {
        this.#permits.longestPause = longestPause(this.#call);
        await this.#permits.acquire(signal, waited);
      } finally {
        if (!duplicate) trace.wait(withBudget(waited, budget));
      }
      this.#start(performance.now());
      return this;
    } catch (error) {
      this.#heartbeat?.[Symbol.dispose]();
      this.#settle(undefined);
      throw error instanceof ProviderError ? trace.error(error, signal) : error;
    }
  }

  #start(now: number): void {
    try {
      this.report = this.#call.enter?.();
    } catch (error) {
      this.#heartbeat?.[Symbol.dispose]();
      this.#permits.release();
      throw error;
    }
    this.at = now;
    this.concurrency = this.#permits.discoveredConcurrency;
    this.#permits.markSent(now);
  }

  complete(outcome: AttemptOutcome, now: number): void {
    const { usage, details, rejected, feedback, estimated = false, assumed } = outcome;
    this.#heartbeat?.[Symbol.dispose]();
    const used = usage?.totalTokens;
    this.#permits.release(rejected ? used ?? 0 : used, feedback, now);
    if (usage !== undefined && !estimated) updateAverages(this.#call, this.#estimate, usage);
    const answer = estimated
      ? undefined
      : usage ?? (feedback.outcome === "ok" ? assumed : undefined);
    if (answer !== undefined) this.#learn(answer, now);
    if (this.#reservations.length === 0) return;
    const billed = usage ?? (rejected ? undefined : assumed ?? this.#expected);
    if (billed === undefined) {
      this.#settle({ tokens: 0, cost: details?.cost?.total ?? 0 });
      return;
    }
    const amount = actualAmount(this.#call, billed, details);
    if (usage !== undefined) this.#spending!.learnCost(usage, amount.cost);
    this.#settle(amount);
  }

  cancel(): void {
    this.#heartbeat?.[Symbol.dispose]();
    this.#permits.release();
    this.#settle(undefined);
  }

  /** Releases everything after its request has ended. What was sent may have been billed. */
  #abandon(): void {
    if (this.at === 0) return this.cancel();
    const now = performance.now();
    this.report?.(undefined, now);
    this.report = undefined;
    this.complete({ usage: undefined, rejected: false, feedback: { outcome: "unknown" } }, now);
  }

  /** Reserves from the budgets in order. Returns whether that was possible at once. */
  #tryReserve(now: number): boolean {
    const { budgets } = this.#call;
    try {
      for (let i = this.#reservations.length; i < budgets.length; i++) {
        const reservation = budgets[i]!.tryReserve(this.#spending!, now);
        if (reservation === undefined) return false;
        this.#reservations.push(reservation);
      }
      return true;
    } catch (error) {
      this.#heartbeat?.[Symbol.dispose]();
      this.#settle(undefined);
      throw this.#errorOf(error);
    }
  }

  /** Waits for the reservations that are missing. Returns how long, in milliseconds. */
  async #reserve(): Promise<number> {
    const { trace, signal, budgets, duplicate } = this.#call;
    const began = performance.now();
    try {
      do {
        const next: Budget = budgets[this.#reservations.length]!;
        this.#reservations.push(await next.reserve(this.#spending!, signal, this.#heartbeat));
        if (this.#heartbeat !== undefined) this.#heartbeat.leaveQueue = undefined;
      } while (!this.#tryReserve(performance.now()));
      return performance.now() - began;
    } catch (error) {
      if (!duplicate) trace.wait({ budget: performance.now() - began });
      throw this.#errorOf(error);
    }
  }

  #errorOf(cause: unknown): unknown {
    if (!(cause instanceof BudgetExhausted)) return cause;
    const { trace } = this.#call;
    return trace.make(`Cannot finish the call of "${trace.agent}" as ${cause.message}`, {
      code: "budget",
      cause,
    });
  }

  /** Records an answer for the reservations of later attempts. */
  #learn({ inputTokens, outputTokens }: Usage, now: number): void {
    const { agent, request: { model } } = this.#call;
    const history = historyOf(agent, model);
    history.add(outputTokens, now - this.at);
    const spending = this.#spending;
    // Without a budget, a few requests are enough to estimate others.
    if (spending === undefined && history.inputs.count >= ENOUGH_INPUTS) return;
    history.inputs.add(spending?.size ?? requestSizeOf(this.#call, this.#estimate), inputTokens);
    if (spending?.maxTokens !== undefined) history.addLimited(spending.maxTokens, outputTokens);
  }

  #settle(actual: Amount | undefined): void {
    for (const reservation of this.#reservations) reservation.settle(actual);
    this.#reservations = NONE;
  }
}

/** The number of requests after which the tokens of others are estimated well enough. */
const ENOUGH_INPUTS = 32;

/** The reservations of an attempt without budgets. All such attempts share it. */
const NONE: Reservation[] = [];

/**
 * Adds the wait for budgets. If the attempt also waited for a limit, all of it counts as the wait
 * for that limit.
 */
function withBudget(waited: WaitTimes, budget: number): WaitTimes {
  if (budget === 0) return waited;
  const [reason = "budget"] = Object.keys(waited) as (keyof WaitTimes)[];
  return { ...waited, [reason]: (waited[reason] ?? 0) + budget };
}

/**
 * Waits until the attempt may be sent. Usually there is nothing to wait for, and then no promise is
 * returned either.
 *
 * @throws {AgentError} With the code `budget` if a budget is used up, or `circuit_open` if the
 * circuit of the model is open.
 * @throws The signal's reason, as soon as it aborts; then nothing is held.
 */
export function admit(call: Outgoing): Pass | Promise<Pass> {
  call.signal.throwIfAborted();
  return call.gate === undefined ? admitHere(call) : call.gate.admit(call, admitHere);
}

function admitHere(call: Outgoing): Admission | Promise<Admission> {
  const admission = new Admission(call);
  return admission.enter(performance.now()) ? admission : admission.wait();
}

/**
 * Whose permits an attempt needs: run and scope, agent, model, process, key, in this order for all.
 */
function limitersOf(
  { agent, provider, request: { model }, limiters: inner, gate }: Outgoing,
): readonly Limiter[] {
  // The others are acquired where the gate is.
  if (gate !== undefined) return inner;
  const own = agent.limiter;
  const ofModel = modelLimiter(provider, model);
  const all = processLimiter();
  // Last, so that what its rates let pass goes out at once.
  const account = accountLimiter(provider);
  const same = lastLimiters.inner === inner && lastLimiters.own === own &&
    lastLimiters.ofModel === ofModel &&
    lastLimiters.all === all && lastLimiters.account === account;
  if (!same) {
    const list = [...inner, own, ofModel, all, account].filter((one) => one !== undefined);
    lastLimiters = { inner, own, ofModel, all, account, list };
  }
  return lastLimiters.list;
}

/** Attempts usually need the same limiters as the one before: they then share the list. */
let lastLimiters: {
  readonly inner?: readonly Limiter[];
  readonly own?: Limiter;
  readonly ofModel?: Limiter;
  readonly all?: Limiter;
  readonly account?: Limiter;
  readonly list: readonly Limiter[];
} = { list: [] };

/** Returns what an attempt has used. An unknown cost counts as reserved. */
function actualAmount(
  { request: { model }, budgets }: Outgoing,
  usage: Usage,
  details: PriceDetails | undefined,
): Amount {
  if (!budgets.some(({ countsCost }) => countsCost)) return { tokens: usage.totalTokens };
  return { tokens: usage.totalTokens, cost: knownCost(model, usage, details) };
}

/** Returns the cost; `undefined` if it is unknown. A `prices` function fails the call elsewhere. */
function knownCost(
  model: string,
  usage: Usage,
  details: PriceDetails | undefined,
): number | undefined {
  try {
    return costOf(model, usage, configuration().prices, details)?.total;
  } catch {
    return undefined;
  }
}

/** Estimates what an attempt will use, for an isolate that does not have the request. */
export function estimateAttempt(call: Outgoing): Required<Pick<Outgoing, "expected" | "size">> {
  const estimate = estimateTokens(call.request.messages);
  return {
    expected: call.expected ?? expectedUsage(call, estimate),
    size: call.size ?? requestSizeOf(call, estimate),
  };
}
