/** What an attempt needs before it may go out: room in every budget, a permit of every limiter, and a model that is not left alone. */
import { type Amount, BudgetExhausted, type Reservation } from "../limits/budget.ts";
import type { Answer, Limiter } from "../limits/limiter.ts";
import { acquireAll, type Permits, type Waited } from "../limits/permits.ts";
import { accountLimiter, modelLimiter, processLimiter } from "../limits/shared.ts";
import { estimateTokens } from "../model/tokens.ts";
import { plainUsage, type Usage } from "../model/usage.ts";
import type { Breaker } from "../resilience/breaker.ts";
import { costOf } from "../telemetry/prices.ts";
import { configuration } from "./config.ts";
import type { Outgoing } from "./send.ts";

/** What an attempt holds. */
export interface Admission {
  /**
   * Gives the permits back and says what was spent, and what the answer tells of the server's limits. Where it is not known what was
   * spent, and the server has not said `no`, as much counts as was thought before: it may well have been billed. From an estimate
   * nothing is learned.
   */
  leave(usage: Usage | undefined, no: boolean, answer: Answer, estimated?: boolean): void;
  /** Gives everything back, since nothing was sent after all. */
  cancel(): void;
  /** The adaptive concurrency, if there is one. */
  readonly concurrency: number | undefined;
  /** Tells the breaker how it ended. */
  readonly tell: ReturnType<Breaker["enter"]> | undefined;
}

/** An answer is taken to be so long, in tokens, until the agent has given some. */
const FIRST_GUESS = 200;

/**
 * Waits until the attempt may go out.
 *
 * @throws {AgentError} With the code `budget` if a budget is used up, or `circuit_open` if the model is left alone.
 * @throws The signal's reason, as soon as it aborts; then nothing is held.
 */
export function admit(call: Outgoing): Promise<Admission> {
  const { gate } = call.trace.context;
  return gate === undefined ? admitHere(call) : gate.admit(call, admitHere);
}

async function admitHere(call: Outgoing): Promise<Admission> {
  const { trace, signal, priority, budgets } = call;
  const limiters = limitersOf(call);
  const expected = call.expected ?? expectedUsage(call);
  const tokens = expected.totalTokens;

  const reservations: Reservation[] = [];
  const settle = (actual: Amount | undefined): void => {
    for (const reservation of reservations) reservation.settle(actual);
  };
  let permits: Permits;
  let tell: Admission["tell"];
  try {
    if (budgets.length > 0) await reserve(call, amountOf(call, expected), reservations);
    const waited: Waited = {};
    try {
      permits = await acquireAll(limiters, { tokens, priority }, signal, waited);
    } finally {
      if (!call.duplicate) trace.wait(waited);
    }
    try {
      tell = call.enter?.();
    } catch (error) {
      permits.release();
      throw error;
    }
    permits.send();
  } catch (error) {
    settle(undefined);
    throw error;
  }
  return {
    concurrency: permits.found,
    tell,
    cancel() {
      permits.release();
      settle(undefined);
    },
    leave(usage, no, answer, estimated = false) {
      permits.release(no ? usage?.totalTokens ?? 0 : usage?.totalTokens, answer);
      if (usage !== undefined && !estimated) learn(call, usage);
      if (usage !== undefined) settle(amountOf(call, usage));
      else settle(no ? { tokens: 0, cost: 0 } : { tokens });
    },
  };
}

async function reserve(
  { trace, signal, budgets }: Outgoing,
  amount: Amount,
  reservations: Reservation[],
): Promise<void> {
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

/** Whose permits an attempt needs: run and scope, agent, model, process, key, in this order for all. */
function limitersOf({ agent, provider, request, trace }: Outgoing): readonly Limiter[] {
  const limiters = [...trace.context.limiters];
  // The others stand where the gate is.
  if (trace.context.gate !== undefined) return limiters;
  if (agent.limiter !== undefined) limiters.push(agent.limiter);
  limiters.push(modelLimiter(provider, request.model));
  const all = processLimiter();
  if (all !== undefined) limiters.push(all);
  // Last, so that what its rates let pass goes out at once.
  const account = accountLimiter(provider);
  if (account !== undefined) limiters.push(account);
  return limiters;
}

function amountOf({ request, budgets }: Outgoing, usage: Usage): Amount {
  if (!budgets.some(({ countsCost }) => countsCost)) return { tokens: usage.totalTokens };
  const cost = costOf(request.model, usage, configuration().prices);
  return { tokens: usage.totalTokens, cost: cost?.total };
}

/** Answers are mostly as long as those before, and an agent's language has mostly as many tokens to a character. */
export function expectedUsage(call: Outgoing): Usage {
  const { request, agent: { seen } } = call;
  const outputTokens = seen.outputTokens ??
    Math.min(request.settings.maxTokens ?? Infinity, FIRST_GUESS);
  return plainUsage(inputTokensOf(call), Math.ceil(outputTokens));
}

/** What an answer will have used of which so many characters have come: a token is about four of them. */
export function usageSoFar(call: Outgoing, characters: number): Usage {
  return plainUsage(inputTokensOf(call), Math.ceil(characters / 4));
}

function inputTokensOf({ request, agent: { seen } }: Outgoing): number {
  return Math.ceil(estimateTokens(request.messages) * (seen.perEstimate ?? 1));
}

/** What an answer tells of those to come. */
function learn({ request, agent: { seen } }: Outgoing, { inputTokens, outputTokens }: Usage): void {
  const estimate = estimateTokens(request.messages);
  seen.outputTokens = smoothed(seen.outputTokens, outputTokens);
  if (estimate > 0) seen.perEstimate = smoothed(seen.perEstimate, inputTokens / estimate);
}

function smoothed(mean: number | undefined, value: number): number {
  return mean === undefined ? value : 0.9 * mean + 0.1 * value;
}
