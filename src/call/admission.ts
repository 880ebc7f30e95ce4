/**
 * Admission control for one attempt: reserves budgets, acquires a permit from every limiter and
 * checks the circuit breaker.
 */
import { type Amount, BudgetExhausted, type Reservation } from "../limits/budget.ts";
import type { Limiter } from "../limits/limiter.ts";
import { Permits, type WaitTimes } from "../limits/permits.ts";
import { accountLimiter, modelLimiter, processLimiter } from "../limits/limiter_registry.ts";
import { ProviderError } from "../model/errors.ts";
import { estimateTokens } from "../model/estimate_tokens.ts";
import { plainUsage, type Usage } from "../model/usage.ts";
import type { PriceDetails } from "../pricing/price_details.ts";
import { costOf } from "../pricing/prices.ts";
import { reservationCost } from "../pricing/reservation_cost.ts";
import { longestPause } from "./longest_wait.ts";
import { configuration } from "./options/config.ts";
import type { AttemptOutcome, Outgoing, Pass } from "./outgoing.ts";
import { providerPriceDetails } from "./price_details.ts";

/** What an attempt holds. */
export class Admission implements Pass {
  /** Reports the outcome to the circuit breaker. */
  report: Pass["report"];
  readonly #call: Outgoing;
  readonly #permits: Permits;
  readonly #estimate: number;
  readonly #expected: number;
  #reservations: Reservation[] | undefined;

  /** Nothing is held yet. */
  constructor(call: Outgoing) {
    this.#call = call;
    this.#estimate = estimateTokens(call.request.messages);
    this.#expected = (call.expected ?? expectedUsage(call, this.#estimate)).totalTokens;
    const ask = { tokens: this.#expected, priority: call.priority };
    this.#permits = new Permits(limitersOf(call), ask);
  }

  /** When the request was sent, on the clock of `performance.now()`. */
  at = 0;
  /** The adaptive concurrency when it went out, if there is one. */
  concurrency: number | undefined;

  /** Goes in if nothing is to be waited for. Throws as {@linkcode admit} does. */
  enter(now: number): boolean {
    if (this.#call.budgets.length > 0 || !this.#permits.tryAcquire(now)) return false;
    this.#start(now);
    return true;
  }

  /** Waits until it may go in. */
  async wait(): Promise<this> {
    const { trace, signal, budgets, duplicate } = this.#call;
    try {
      if (budgets.length > 0) await this.#reserve();
      const waited: WaitTimes = {};
      try {
        this.#permits.longestPause = longestPause(this.#call);
        await this.#permits.acquire(signal, waited);
      } finally {
        if (!duplicate) trace.wait(waited);
      }
      this.#start(performance.now());
      return this;
    } catch (error) {
      this.#settle(undefined);
      throw error instanceof ProviderError ? trace.error(error, signal) : error;
    }
  }

  #start(now: number): void {
    try {
      this.report = this.#call.enter?.();
    } catch (error) {
      this.#permits.release();
      throw error;
    }
    this.at = now;
    this.concurrency = this.#permits.discoveredConcurrency;
    this.#permits.markSent(now);
  }

  complete(outcome: AttemptOutcome, now: number): void {
    const { usage, details, rejected, feedback, estimated = false } = outcome;
    const used = usage?.totalTokens;
    this.#permits.release(rejected ? used ?? 0 : used, feedback, now);
    if (usage !== undefined && !estimated) updateAverages(this.#call, this.#estimate, usage);
    if (this.#reservations === undefined) return;
    if (usage !== undefined) this.#settle(actualAmount(this.#call, usage, details));
    else if (details?.cost !== undefined) {
      this.#settle({ tokens: rejected ? 0 : this.#expected, cost: details.cost.total });
    } else this.#settle(rejected ? { tokens: 0, cost: 0 } : { tokens: this.#expected });
  }

  cancel(): void {
    this.#permits.release();
    this.#settle(undefined);
  }

  async #reserve(): Promise<void> {
    const { trace, signal, budgets } = this.#call;
    const { expected = expectedUsage(this.#call, this.#estimate) } = this.#call;
    const amount = reservedAmount(this.#call, expected);
    const reservations: Reservation[] = this.#reservations = [];
    try {
      for (const budget of budgets) reservations.push(await budget.reserve(amount, signal));
    } catch (cause) {
      if (!(cause instanceof BudgetExhausted)) throw cause;
      throw trace.make(`Cannot finish the call of "${trace.agent}" as ${cause.message}`, {
        code: "budget",
        cause,
      });
    }
  }

  #settle(actual: Amount | undefined): void {
    for (const reservation of this.#reservations ?? []) reservation.settle(actual);
  }
}

/** The assumed tokens of an answer, until the agent has received some. */
const DEFAULT_OUTPUT_TOKENS = 200;

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

/** Returns what is reserved for an attempt: its highest plausible cost. */
function reservedAmount({ provider, request, budgets }: Outgoing, usage: Usage): Amount {
  if (!budgets.some(({ countsCost }) => countsCost)) return { tokens: usage.totalTokens };
  const details = providerPriceDetails(provider, request.model, request.settings);
  const cost = reservationCost(request.model, usage, configuration().prices, details);
  return { tokens: usage.totalTokens, cost: cost?.total };
}

/** Returns what an attempt has used. An unknown cost counts as reserved. */
function actualAmount(
  { request: { model }, budgets }: Outgoing,
  usage: Usage,
  details: PriceDetails | undefined,
): Amount {
  if (!budgets.some(({ countsCost }) => countsCost)) return { tokens: usage.totalTokens };
  const cost = costOf(model, usage, configuration().prices, details);
  return { tokens: usage.totalTokens, cost: cost?.total };
}

/** What an attempt will use, about. */
export function estimatedUsage(call: Outgoing): Usage {
  return call.expected ?? expectedUsage(call, estimateTokens(call.request.messages));
}

/**
 * Answers are mostly as long as those before, and an agent's language has mostly as many tokens to
 * a character.
 */
function expectedUsage(
  { request, agent: { tokenAverages } }: Outgoing,
  estimate: number,
): Usage {
  const outputTokens = tokenAverages.outputTokens ??
    Math.min(request.settings.maxTokens ?? Infinity, DEFAULT_OUTPUT_TOKENS);
  return plainUsage(inputTokensOf(tokenAverages, estimate), Math.ceil(outputTokens));
}

/**
 * Estimates the usage of an answer of which a number of characters has arrived, at four characters
 * per token.
 */
export function estimatedUsageSoFar(
  { request, agent: { tokenAverages } }: Outgoing,
  characters: number,
): Usage {
  const inputTokens = inputTokensOf(tokenAverages, estimateTokens(request.messages));
  return plainUsage(inputTokens, Math.ceil(characters / 4));
}

function inputTokensOf(
  { inputEstimateRatio = 1 }: Outgoing["agent"]["tokenAverages"],
  estimate: number,
): number {
  return Math.ceil(estimate * inputEstimateRatio);
}

/** Updates the token averages of the agent. */
function updateAverages(
  { agent: { tokenAverages } }: Outgoing,
  estimate: number,
  { inputTokens, outputTokens }: Usage,
): void {
  tokenAverages.outputTokens = smoothed(tokenAverages.outputTokens, outputTokens);
  if (estimate > 0) {
    tokenAverages.inputEstimateRatio = smoothed(
      tokenAverages.inputEstimateRatio,
      inputTokens / estimate,
    );
  }
}

function smoothed(mean: number | undefined, value: number): number {
  return mean === undefined ? value : 0.9 * mean + 0.1 * value;
}
