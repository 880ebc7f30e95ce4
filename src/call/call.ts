/**
 * One call from beginning to end. This is the only file that knows the order of the steps:
 *
 * hooks → params → prompt → total timeout → fallback → rounds with tools → cache → repair → retry →
 * hedge → permits → breaker → attempt → output → hooks → result
 */
import type { Budget } from "../limits/budget.ts";
import { ChildAbort } from "../async/abort.ts";
import type { Message, ToolRequest } from "../model/message.ts";
import type { Result } from "../model/result.ts";
import { withFallbacks } from "../resilience/fallback.ts";
import { loadPrices } from "../pricing/prices.ts";
import type { Answer } from "./read_reply.ts";
import { type Sharing, sharingOf, withCache } from "./with_cache.ts";
import { callSignal, neverAbortedSignal } from "./call_signal.ts";
import { type Candidate, type Candidates, candidatesOf } from "./candidates.ts";
import type { CallCheckpoints, CheckpointScope } from "./tools/checkpoints.ts";
import { type Configuration, configuration } from "./options/config.ts";
import { budgetsOf, type CallContext, currentContext } from "./context.ts";
import { hasHooks, withHooks } from "./with_hooks.ts";
import type { CallOptions } from "./options/options.ts";
import type { CallHooks, ModelAgent } from "./options/model_agent.ts";
import { finalRequestOf, requestOf } from "./model_request.ts";
import { ownCodeError } from "./own_code_error.ts";
import { renderPrompt } from "./render_prompt.ts";
import { arePriced, markPriced, requirePrices } from "./pricing/require_prices.ts";
import { maxRepairs, withRepair } from "./with_repair.ts";
import { withRetries } from "./with_retries.ts";
import {
  type Conversation,
  runToolLoop,
  type ToolLimits,
  toolLimitsOf,
  type ToolUse,
} from "./tools/tool_loop.ts";
import type { Outgoing } from "./outgoing.ts";
import { recordRound, resumeRounds } from "./tools/recorded_rounds.ts";
import { runTools } from "./tools/run_tools.ts";
import { Trace } from "./trace.ts";

/**
 * Calls the model and returns the result; a failure is a value.
 *
 * @throws {TypeError} If no model or no provider is named: then nothing was sent.
 */
export function callModel(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  hooks: CallHooks = options,
  rounds?: CallCheckpoints,
): Promise<Result> {
  const config = configuration();
  const context = currentContext();
  const budgets = budgetsOf(options, context);
  const models = candidatesOf(agent, options, config);
  const setup = { agent, params, options, hooks, config, context, budgets, rounds };
  // Usually models and prices are known, and nothing has to be awaited.
  const ready = !(models instanceof Promise) &&
    (!budgets.some(({ countsCost }) => countsCost) || arePriced(models, config));
  return ready ? begin(setup, models) : prepare(setup, models);
}

/** The arguments of a call and its surroundings. */
interface CallSetup {
  readonly agent: ModelAgent;
  readonly params: unknown;
  readonly options: CallOptions;
  readonly hooks: CallHooks;
  readonly config: Configuration;
  readonly context: CallContext;
  readonly budgets: readonly Budget[];
  /** The rounds of a call with tools, if they are recorded. */
  readonly rounds: CallCheckpoints | undefined;
}

async function prepare(setup: CallSetup, found: Candidates | Promise<Candidates>): Promise<Result> {
  const { agent, config, budgets } = setup;
  const models = await found;
  if (budgets.some(({ countsCost }) => countsCost)) {
    const doing = `call "${agent.name}" with a budget in US dollars`;
    await requirePrices(doing, models, config);
    markPriced(models, config);
  }
  return await begin(setup, models);
}

function begin(setup: CallSetup, models: Candidates): Promise<Result> {
  const { agent, options, config, context } = setup;
  // The list loads in the background until there is something to price.
  void loadPrices(models[0].model, config.prices);
  const hooked = !options.dryRun && hasHooks(agent);
  const limit = callSignal(models[0], options, context, { hooked });
  const signal = limit?.signal ?? context.signal ?? options.signal ?? neverAbortedSignal();
  const call = new ModelCall(setup, models, signal);
  return limit === undefined ? call.settle() : settleWithin(limit, call, { hooked });
}

/** Settles a call that may be aborted early, with the hooks around it. */
async function settleWithin(
  limit: ChildAbort,
  call: ModelCall,
  { hooked }: { readonly hooked: boolean },
): Promise<Result> {
  using _ = limit;
  if (!hooked) return await call.settle();
  const { trace, signal, setup: { agent, params } } = call;
  return trace.end(await withHooks({ agent, params, trace, signal, work: () => call.result() }));
}

/** The step after the result: the hooks, or the end of the call. */
type NextStep = "hooks" | "end";

/**
 * A call in flight. Each of its steps is a method, and one that has nothing to do costs nothing.
 */
class ModelCall {
  readonly setup: CallSetup;
  readonly signal: AbortSignal;
  readonly trace: Trace;
  readonly #models: Candidates;

  constructor(setup: CallSetup, models: Candidates, signal: AbortSignal) {
    const { agent, options, context } = setup;
    this.setup = setup;
    this.signal = signal;
    this.#models = models;
    this.trace = new Trace(agent.name, models[0].model, context.collect, options.metadata);
    if (options.reasoning ?? agent.reasoning) this.trace.keepsReasoning = true;
  }

  /** Makes the call and reports the result to the enclosing call; a failure is a value. */
  settle(): Promise<Result> {
    return this.result("end");
  }

  /** Makes the call; a failure is returned, not thrown. `next` is the step that follows. */
  result(next: NextStep = "hooks"): Promise<Result> {
    const { agent, params, options } = this.setup;
    try {
      this.signal.throwIfAborted();
      const messages = renderPrompt(agent, params, options, this);
      if (messages instanceof Promise || options.dryRun) return this.#resultLater(messages, next);
      // Promises by hand: an `async` function keeps three times as much in memory while it waits,
      // and all that are in flight wait here.
      return this.#answer(messages).then(
        (answer) => this.#succeeded(answer, next),
        (thrown) => this.#failed(thrown, next),
      );
    } catch (thrown) {
      return this.#failed(thrown, next);
    }
  }

  async #resultLater(
    rendered: readonly Message[] | Promise<readonly Message[]>,
    next: NextStep,
  ): Promise<Result> {
    try {
      const messages = await rendered;
      if (this.setup.options.dryRun) return this.#end(this.#dryRun(messages), next);
      return await this.#succeeded(await this.#answer(messages), next);
    } catch (thrown) {
      return await this.#failed(thrown, next);
    }
  }

  #dryRun(messages: readonly Message[]): Result {
    const [model] = this.#models;
    return this.trace.dryRun(model.provider, requestOf(this.setup.agent, model, messages));
  }

  #succeeded({ content, finishReason, reply }: Answer, next: NextStep): Result | Promise<Result> {
    const { trace, setup: { config: { prices } } } = this;
    trace.addReasoning(reply.reasoning);
    const priced = () => this.#end(trace.success(content, finishReason), next);
    try {
      const pricing = trace.price(prices);
      if (pricing === undefined) return priced();
      return pricing.then(priced).catch((thrown) => this.#failed(thrown, next));
    } catch (thrown) {
      return this.#failed(thrown, next);
    }
  }

  async #failed(thrown: unknown, next: NextStep): Promise<Result> {
    const { trace, signal, setup: { config } } = this;
    const error = trace.error(thrown, signal);
    try {
      await trace.price(config.prices);
    } catch {
      // The first error is reported; the cost is then unknown.
    }
    return this.#end(trace.failure(error), next);
  }

  #end(result: Result, next: NextStep): Result {
    return next === "end" ? this.trace.end(result) : result;
  }

  /** Requests an answer of one model after another. */
  #answer(messages: readonly Message[]): Promise<Answer> {
    const [first, ...others] = this.#models;
    const { agent, rounds } = this.setup;
    if (others.length === 0 && agent.tools === undefined) {
      return this.#requestAnswer(first, messages, this.signal);
    }
    const conversation: Conversation = { messages, answers: 0, requested: false };
    if (rounds !== undefined) resumeRounds(rounds, conversation, agent, this.trace);
    return this.#withFallbacks(conversation);
  }

  #withFallbacks(conversation: Conversation): Promise<Answer> {
    const { trace, signal, setup: { hooks } } = this;
    return withFallbacks(this.#models, (candidate) => this.#converse(conversation, candidate), {
      // A caller that has received the beginning of an answer must not receive another one after
      // it.
      mayContinue: () => !trace.emitted && !signal.aborted,
      onFallback({ model }, error) {
        trace.usedFallback = true;
        try {
          hooks.onFallback?.(model, error);
        } catch (cause) {
          throw ownCodeError(trace, "onFallback", cause);
        }
      },
      exhausted: (errors) => trace.exhausted(errors),
    });
  }

  /** Calls a model until it requests no more tools, no longer than its own time limit allows. */
  #converse(conversation: Conversation, candidate: Candidate): Promise<Answer> {
    const { trace } = this;
    trace.model = candidate.model;
    trace.beginRound();
    return candidate.ownTotal === undefined
      ? this.#converseUnder(this.signal, conversation, candidate)
      : this.#converseWithin(candidate.ownTotal, conversation, candidate);
  }

  async #converseWithin(
    ms: number,
    conversation: Conversation,
    candidate: Candidate,
  ): Promise<Answer> {
    using limit = new ChildAbort(this.signal);
    const name = `timeout.total of the fallback model "${candidate.model}"`;
    limit.abortAfter(ms, `${name} passed: it was not finished`);
    try {
      return await this.#converseUnder(limit.signal, conversation, candidate);
    } catch (thrown) {
      // As an error of the call, so that the next fallback is tried.
      throw this.signal.aborted ? thrown : this.trace.error(thrown, limit.signal);
    }
  }

  #converseUnder(
    signal: AbortSignal,
    conversation: Conversation,
    candidate: Candidate,
  ): Promise<Answer> {
    if (this.setup.agent.tools === undefined) {
      return this.#requestAnswer(candidate, conversation.messages, signal);
    }
    return this.#runToolLoop(conversation, candidate, signal);
  }

  #runToolLoop(
    conversation: Conversation,
    candidate: Candidate,
    signal: AbortSignal,
  ): Promise<Answer> {
    const { trace, setup: { agent, options, config, rounds } } = this;
    const limits = toolLimitsOf(agent, options);
    return runToolLoop(conversation, {
      ...limits,
      agent,
      trace,
      requestAnswer: (messages, tools) => this.#requestAnswer(candidate, messages, signal, tools),
      runTools: (requests) =>
        this.#runTools(requests, limits, signal, rounds?.scope(conversation.answers - 1)),
      ...(rounds !== undefined && {
        onRound: (messages, reasoning) =>
          recordRound(rounds, trace, config.prices, { messages, reasoning }),
      }),
    });
  }

  /**
   * Requests an answer of a model: from the cache, of an identical call in flight, or by a request.
   */
  #requestAnswer(
    candidate: Candidate,
    messages: readonly Message[],
    signal: AbortSignal,
    tools: ToolUse = "allowed",
  ): Promise<Answer> {
    const { trace, setup: { options, hooks, config, context, budgets } } = this;
    const agent = tools === "absent" ? { ...this.setup.agent, tools: undefined } : this.setup.agent;
    const call: Outgoing = {
      agent,
      provider: candidate.provider,
      request: tools === "allowed"
        ? requestOf(agent, candidate, messages)
        : finalRequestOf(agent, candidate, messages),
      timeout: candidate.limits,
      hooks,
      signal,
      priority: options.priority ?? context.priority,
      hasFallback: candidate.hasFallback,
      budgets,
      limiters: context.limiters,
      gate: context.gate,
      trace,
    };
    const sharing = sharingOf(agent, options, config);
    return sharing === undefined
      ? this.#send(call, candidate)
      : this.#share(call, candidate, sharing);
  }

  #share(call: Outgoing, candidate: Candidate, sharing: Sharing): Promise<Answer> {
    return withCache(call, sharing, () => this.#send(call, candidate));
  }

  #send(call: Outgoing, candidate: Candidate): Promise<Answer> {
    const { output, tools } = call.agent;
    // A text always fits.
    return output === undefined && tools === undefined
      ? withRetries(call, candidate)
      : this.#repair(call, candidate);
  }

  /** Requests a correction if the answer does not match its schema, or is no valid tool call. */
  #repair(call: Outgoing, candidate: Candidate): Promise<Answer> {
    const { agent, options, config } = this.setup;
    const max = maxRepairs(options.repair ?? agent.repair ?? config.repair);
    return withRepair(call, max, (call) => withRetries(call, candidate));
  }

  /** Runs the tools that the model requests. */
  #runTools(
    requests: readonly ToolRequest[],
    { toolConcurrency: concurrency, maxToolCalls: maxCalls }: ToolLimits,
    signal: AbortSignal,
    checkpoints: CheckpointScope | undefined,
  ): Promise<readonly Message[]> {
    const { trace, setup: { agent, options, hooks, context, budgets } } = this;
    const priority = options.priority ?? context.priority;
    const collect = (part: Result) => trace.addOfTool(part);
    const toolContext: CallContext & { readonly signal: AbortSignal } = {
      ...context,
      signal,
      budgets,
      priority,
      collect,
      ...(checkpoints !== undefined && { checkpoints }),
    };
    const { tools = [] } = agent;
    return runTools(requests, { tools, concurrency, maxCalls, trace, hooks, context: toolContext });
  }
}
