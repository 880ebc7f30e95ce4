/**
 * One call from beginning to end. This is the only file that knows the order of the steps:
 *
 * hooks → params → prompt → total timeout → fallback → rounds with tools → cache → repair → retry → hedge → permits → breaker → attempt →
 * output → hooks → result
 */
import type { Limiter } from "../limits/limiter.ts";
import { ChildAbort } from "../model/abort.ts";
import type { AgentError } from "../model/errors.ts";
import type { JsonSchema, Message, ModelRequest, ToolRequest } from "../model/message.ts";
import type { Result, ToolCall } from "../model/result.ts";
import { withFallbacks } from "../resilience/fallback.ts";
import { hasPrice, loadPrices, type Prices } from "../telemetry/prices.ts";
import { cached, sharingOf } from "./cached.ts";
import { type Candidate, candidatesOf } from "./candidates.ts";
import { configuration } from "./config.ts";
import { budgetsOf, currentContext } from "./context.ts";
import { hooked } from "./hooks.ts";
import type { Input } from "./input.ts";
import type { CallOptions, ModelAgentOptions } from "./options.ts";
import type { Output } from "./output.ts";
import { messagesOf, type Prompt } from "./prompt.ts";
import { repaired, repairsOf } from "./repair.ts";
import { retried } from "./retried.ts";
import { rounds, stepsOf, type Talk } from "./rounds.ts";
import type { DefinedTool } from "./tool.ts";
import { useTools } from "./tool_calls.ts";
import { Trace } from "./trace.ts";

/** An agent that asks a model, ready to be called. */
export interface ModelAgent extends ModelAgentOptions {
  /** The prompt as it was given: a template or a function. */
  readonly prompt?: unknown;
  /** Makes the prompt of a call; throws if the parameters do not fit. */
  readonly render: (params: unknown) => Prompt | Promise<Prompt>;
  /** Checks the parameters. */
  readonly input?: Input;
  /**
   * The JSON Schema of the parameters, as far as it is known.
   *
   * @throws {TypeError} If the schema that checks them has none.
   */
  readonly paramsSchema?: () => JsonSchema | undefined;
  /** Reads typed answers. */
  readonly output?: Output;
  /** What the model may ask for; absent if that is nothing. */
  readonly tools?: readonly DefinedTool[];
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
  /** Told that there is more of a typed answer; reading it costs time. */
  readonly onPartial?: (read: () => unknown) => void | Promise<void>;
  /** Told that an attempt failed and that there will be another one. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
  /** Told that a model failed and that this one is asked next. */
  readonly onFallback?: (model: string, error: AgentError) => void;
  /** Told that a tool begins. */
  readonly onToolStart?: (tool: Pick<ToolCall, "id" | "name" | "args">) => void;
  /** Told that a tool has ended. */
  readonly onToolEnd?: (tool: ToolCall) => void;
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
  const repairs = repairsOf(options.repair ?? agent.repair ?? config.repair);
  // Begun here, waited for when there is something to price.
  void loadPrices(models[0].model, prices);
  const priority = options.priority ?? context.priority;
  const { signal } = whole;
  const { dryRun = false } = options;
  const work = async () => {
    signal.throwIfAborted();
    const messages = await messagesOf(agent, params, options, { trace, whole });
    if (dryRun) return trace.dryRun(models[0].provider, requestOf(agent, models[0], messages));
    const talk: Talk = { messages, answers: 0, asked: false };
    const { maxSteps, toolConcurrency } = stepsOf(agent, options);
    const base = { agent, hooks, priority, budgets, signal, trace };
    const ask = (candidate: Candidate, messages: readonly Message[]) => {
      const { provider, limits } = candidate;
      const call = { ...base, provider, limits, request: requestOf(agent, candidate, messages) };
      const mend = () => repaired(call, repairs, (call) => retried(call, candidate));
      return cached(call, sharing, mend);
    };
    const collect = (part: Result) => trace.addOfTool(part);
    const inside = { ...context, signal, budgets, priority, collect };
    const tools = { tools: agent.tools ?? [], concurrency: toolConcurrency, context: inside };
    const use = (requests: readonly ToolRequest[]) => useTools(requests, { ...base, ...tools });
    const answer = await withFallbacks(models, (candidate) => {
      trace.model = candidate.model;
      const steps = { ask: (messages: readonly Message[]) => ask(candidate, messages), use };
      return rounds(talk, { agent, trace, maxSteps, ...steps });
    }, {
      // Who was handed the beginning of an answer must not be handed another one behind it.
      mayGoOn: () => !trace.handedOn && !signal.aborted,
      onFallback({ model }, error) {
        trace.usedFallback = true;
        hooks.onFallback?.(model, error);
      },
      exhausted: (errors) => trace.exhausted(errors),
    });
    await trace.price(prices);
    return trace.success(answer.content, answer.finishReason);
  };
  const failed = async (thrown: unknown) => {
    const error = trace.error(thrown, signal);
    // The first thing that went wrong is the one to tell of; the cost is then not known.
    await trace.price(prices).catch(() => {});
    return error;
  };
  return trace.end(await hooked({ agent, params, trace, signal, silent: dryRun, work, failed }));
}

/** What is sent. */
function requestOf(
  agent: ModelAgent,
  { model, settings }: Candidate,
  messages: readonly Message[],
): ModelRequest {
  const { output, tools } = agent;
  return {
    model,
    messages,
    settings,
    output: output?.schema,
    ...(tools !== undefined && { tools: tools.map(({ spec }) => spec) }),
  };
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
