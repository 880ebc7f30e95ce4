/**
 * One call from beginning to end. This is the only file that knows the order of the steps:
 *
 * params → prompt → total timeout → fallback → cache → retry → hedge → permits → breaker → attempt → output → result
 */
import type { Limiter } from "../limits/limiter.ts";
import { ChildAbort } from "../model/abort.ts";
import type { AgentError } from "../model/errors.ts";
import type { Result } from "../model/result.ts";
import { breakerOf } from "../resilience/breaker.ts";
import { withFallbacks } from "../resilience/fallback.ts";
import { retry } from "../resilience/retry.ts";
import { hasPrice, loadPrices, type Prices } from "../telemetry/prices.ts";
import type { Answer } from "./answer.ts";
import { cached, type Sharing } from "./cached.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { type Configuration, configuration } from "./config.ts";
import { budgetsOf, currentContext } from "./context.ts";
import type { CallOptions, ModelAgentOptions } from "./options.ts";
import type { Output } from "./output.ts";
import { messagesOf, type Prompt } from "./prompt.ts";
import { type Outgoing, send } from "./send.ts";
import { sendHedged } from "./send_hedged.ts";
import { Trace } from "./trace.ts";

/** An agent that asks a model, ready to be called. */
export interface ModelAgent extends ModelAgentOptions {
  /** Makes the prompt of a call; throws if the parameters do not fit. */
  readonly render: (params: unknown) => Prompt | Promise<Prompt>;
  /** Reads typed answers. */
  readonly output?: Output;
  /** The agent's own limits. */
  readonly limiter?: Limiter;
  /** What its answers were like until now. */
  readonly seen: {
    /** How long they are, in tokens. */
    outputTokens?: number;
    /** How many tokens a request has for each that was estimated. */
    perEstimate?: number;
  };
}

/** Told what a call does while it runs. */
export interface CallHooks {
  /** Takes the pieces of the answer; the next one is not read before this is done. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /** Told that an attempt failed and that there will be another one. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Told that a model failed and that this one is asked next. */
  readonly onFallback?: (model: string, error: AgentError) => void;
}

/**
 * Calls the model and gives the result; a failure is a value.
 *
 * @throws {TypeError} If no model or no provider is named: then nothing was sent.
 */
export async function callModel(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  hooks: CallHooks = options,
): Promise<Result> {
  const config = configuration();
  const context = currentContext();
  const models = await candidatesOf(agent, options, config);
  const sharing = sharingOf(agent, options, config);
  const { prices } = config;
  const trace = new Trace(agent.name, models[0].model, context, options.metadata);
  const { total } = models[0].limits;
  using whole = new ChildAbort(context.signal, options.signal);
  whole.abortAfter(total, `it was not finished within ${total} ms`);
  const budgets = budgetsOf(options, context);
  if (budgets.some(({ countsCost }) => countsCost)) await checkPrices(agent, models, prices);
  // Begun here, waited for when there is something to price.
  void loadPrices(models[0].model, prices);
  try {
    whole.signal.throwIfAborted();
    const messages = await messagesOf(agent, params, options, { trace, whole });
    const answer = await withFallbacks(models, (candidate) => {
      trace.model = candidate.model;
      const { model, provider, settings, limits } = candidate;
      const request = { model, messages, settings, output: agent.output?.schema };
      const priority = options.priority ?? context.priority;
      const call = {
        agent,
        provider,
        request,
        limits,
        hooks,
        priority,
        budgets,
        signal: whole.signal,
        trace,
      };
      const ask = () => retried(call, candidate);
      return sharing === undefined ? ask() : cached(call, sharing, ask);
    }, {
      // Who was handed the beginning of an answer must not be handed another one behind it.
      mayGoOn: () => !trace.handedOn && !whole.signal.aborted,
      onFallback({ model }, error) {
        trace.usedFallback = true;
        hooks.onFallback?.(model, error);
      },
      exhausted: (errors) => trace.exhausted(errors),
    });
    await trace.price(prices);
    return trace.success(answer.content, answer.finishReason);
  } catch (thrown) {
    const error = trace.error(thrown, whole.signal);
    // The first thing that went wrong is the one to tell of; the cost is then not known.
    await trace.price(prices).catch(() => {});
    return trace.failure(error);
  }
}

/** What the call shares with others; `undefined` if that is nothing. */
function sharingOf(
  agent: ModelAgent,
  options: CallOptions,
  config: Configuration,
): Sharing | undefined {
  const cache = (options.cache ?? agent.cache ?? config.cache) || undefined;
  const coalesce = options.coalesce ?? agent.coalesce ?? config.coalesce ?? cache !== undefined;
  if (cache === undefined && !coalesce) return undefined;
  return { cache, coalesce, skipCache: options.skipCache ?? false };
}

/** A limit on money is only worth something where the prices are known. */
async function checkPrices(
  agent: ModelAgent,
  models: readonly Candidate[],
  prices: Prices | undefined,
): Promise<void> {
  for (const { model } of models) {
    await loadPrices(model, prices);
    if (hasPrice(model, prices)) continue;
    throw new TypeError(
      `Cannot call "${agent.name}" with a budget in US dollars as the price of the model "${model}" is not known: ` +
        "pass it with configure({ prices })",
    );
  }
}

/** Asks one model, again if need be. */
function retried(call: Outgoing, { policy, breaker, hedge }: Candidate): Promise<Answer> {
  const { trace, signal, hooks } = call;
  const { on } = policy;
  const guarded = on && ((error: AgentError, attempt: number): boolean => {
    try {
      return on(error, attempt);
    } catch (cause) {
      throw trace.make(`Cannot finish the call of "${trace.agent}" as its retries.on threw`, {
        code: "tool",
        cause,
      });
    }
  });
  const guard = breaker && guardOf(call, breaker);
  const once = (call: Outgoing) => hedge === undefined ? send(call) : sendHedged(call, hedge);
  const work = guard === undefined ? () => once(call) : async () => {
    guard.check(); // before it waits for permits, and again when it has them
    return await once({ ...call, enter: guard.enter });
  };
  return retry(work, { ...policy, on: guarded }, {
    signal,
    // What has just been left alone is not waited for: its own error tells more, and the next model may answer.
    mayRepeat: () => !trace.handedOn && !guard?.isOpen(),
    onRetry: hooks.onRetry,
    onWaited: (ms) => trace.backoffMs += ms,
  });
}

/** The breaker of the model that is asked, as this call sees it. */
function guardOf(
  { provider, request: { model }, trace }: Outgoing,
  options: NonNullable<Candidate["breaker"]>,
) {
  const breaker = breakerOf(provider, model);
  const check = () => {
    const retryAfterMs = breaker.openFor(options, performance.now());
    if (retryAfterMs === 0) return;
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" as the model "${model}" is left alone after too many failures`,
      { code: "circuit_open", retryAfterMs },
    );
  };
  return {
    check,
    isOpen: () => breaker.openFor(options, performance.now()) > 0,
    enter() {
      check();
      return breaker.enter(options, performance.now());
    },
  };
}
