import type { WaitTimes } from "../limits/permits.ts";
import type { FinishReason, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import {
  type AgentError,
  type DryRun,
  type Failure,
  linkError,
  type Result,
  type Success,
} from "../model/result.ts";
import type { Attempt } from "../model/attempt.ts";
import type { LimitedBy, Timing } from "../model/timing.ts";
import type { ToolCall } from "../model/tool_call.ts";
import { addSpent, NOTHING_SPENT, type Spent, subtractSpent } from "../model/spent.ts";
import { addCost, addUsage, type Cost, NO_COST, type Usage } from "../model/usage.ts";
import type { PriceDetails } from "../pricing/price_details.ts";
import { loadPrices, type Prices } from "../pricing/prices.ts";
import type { ResponseInfo } from "../model/response_info.ts";
import { CallErrors } from "./call_errors.ts";
import { rememberProvider } from "./dry_run_provider.ts";
import { type AttemptCosts, priceAttempts } from "./pricing/price_attempts.ts";

/** The record of a call, from which its result is built. */
export class Trace extends CallErrors {
  /** The tool calls; absent for most calls. */
  #toolCalls: ToolCall[] | undefined;
  /** The nested calls; absent for most calls. */
  #children: Result[] | undefined;
  /** What the prices of the attempts depend on. Those of nested calls are priced already. */
  #details: (PriceDetails | undefined)[] | undefined;
  /** What it costs; filled in at the end for a model's call. */
  cost: Cost | undefined = NO_COST;
  /** Milliseconds of waiting for permits. */
  queuedMs = 0;
  /** Milliseconds of waiting for rate limits and budgets, by limit. */
  #limited: Readonly<Record<LimitedBy, number>> = NOT_LIMITED;
  /** Milliseconds of waiting between attempts. */
  backoffMs = 0;
  /** Milliseconds of waiting for the model. */
  modelMs = 0;
  /** Milliseconds of running tools. */
  toolsMs = 0;
  /** Milliseconds until the server began to answer the last attempt. */
  connectMs: number | undefined;
  /** Milliseconds to the first token of the last attempt. */
  firstTokenMs: number | undefined;
  /** Milliseconds from the first token of the last attempt to its end. */
  generationMs: number | undefined;
  /** Whether a delta was emitted. */
  emitted = false;
  /** Receives the emitted deltas, and returns the typed answer as far as it has arrived. */
  partials: ((delta: string) => unknown) | undefined;
  /** What the server sent with the last answer. */
  response: ResponseInfo | undefined;
  /** Whether the answer came from the cache or from another call. */
  cached = false;
  /** Whether the result has the model's reasoning. */
  keepsReasoning = false;
  /** The reasoning of the answers, if the result has it. */
  #reasoning: string | undefined;
  /** Whether a fallback model was called. */
  usedFallback = false;
  /** The usage and cost that came from a journal; absent for most calls. */
  #resumed: Spent | undefined;
  /** The sums of the parts that were taken; absent for most calls. */
  #taken: TakenParts | undefined;
  readonly #startedAt = Date.now();
  readonly #began = performance.now();

  /** Begins with the call. `collect` takes the result at the end. */
  constructor(
    agent: string,
    model: string | undefined,
    readonly collect: ((result: Result) => void) | undefined,
    readonly metadata: unknown,
  ) {
    super(agent, model);
  }

  /**
   * Starts a round with a model. Earlier rounds are complete, so this one may be repeated until it
   * emits a delta.
   */
  beginRound(): void {
    this.emitted = this.cached = false;
    this.partials = undefined;
  }

  /** Converts a value of `performance.now()` to milliseconds since 1970. */
  dateOf(moment: number): number {
    return Math.round(this.#startedAt + moment - this.#began);
  }

  /** Counts what an attempt waited for. */
  wait(waited: WaitTimes): void {
    const { concurrency = 0, requests = 0, tokens = 0, pause = 0, budget = 0 } = waited;
    this.queuedMs += concurrency;
    this.#limited = {
      requests: this.#limited.requests + requests,
      tokens: this.#limited.tokens + tokens,
      pause: this.#limited.pause + pause,
      budget: this.#limited.budget + budget,
    };
  }

  /**
   * Adds a request that was sent.
   *
   * @param details What its price depends on. Absent if it belongs to a nested call.
   */
  override addAttempt(attempt: Attempt, details?: PriceDetails): void {
    super.addAttempt(attempt);
    if (details === undefined) return;
    const index = this.attempts.length - 1;
    // Usually it is the only one; a growing array would reserve room for sixteen more.
    if (this.#details === undefined && index === 0) this.#details = [details];
    else (this.#details ??= [])[index] = details;
  }

  /** Counts what an attempt used. */
  bill(usage: Usage | undefined, modelMs: number): void {
    this.modelMs += modelMs;
    if (usage !== undefined) this.usage = addUsage(this.usage, usage);
  }

  /**
   * Bills the hedged request that lost. Servers bill for requests they have begun but report no
   * usage for aborted ones, so the usage of the answer is assumed.
   */
  billLoser(from: number): void {
    const sent = this.attempts.slice(from);
    const winner = sent.findIndex(({ error }) => error === undefined);
    const usage = sent[winner]?.usage;
    const loser = sent.findIndex((attempt) => attempt.error?.code === "aborted");
    if (usage === undefined || loser < 0 || sent[loser]!.usage !== undefined) return;
    this.amendAttempt(from + loser, { ...sent[loser]!, usage, estimated: true });
    if (this.#details !== undefined) {
      this.#details[from + loser] = this.#details[from + winner];
    }
    this.bill(usage, 0);
  }

  /** Adds the reasoning of an answer. */
  addReasoning(text: string | undefined): void {
    if (!this.keepsReasoning || text === undefined || text === "") return;
    this.#reasoning = this.#reasoning === undefined ? text : `${this.#reasoning}\n\n${text}`;
  }

  /** Adds a run of a tool. */
  addTool(call: ToolCall): void {
    (this.#toolCalls ??= []).push(call);
  }

  /** Adds a call made by a tool of this one. Its duration is part of the tool's. */
  addOfTool(part: Result): void {
    (this.#children ??= []).push(part);
    this.usage = addUsage(this.usage, part.usage);
    this.cost = addCost(this.cost, part.cost);
    const resumed = part.replayed ? part : part.resumed;
    if (resumed !== undefined) this.#addResumed(resumed);
    for (const attempt of part.attempts) {
      this.addAttempt(part.replayed ? { ...attempt, replayed: true } : attempt);
    }
  }

  /** Adds a part of this call that came from a journal: what {@linkcode takePart} returned. */
  resume(part: Result): void {
    for (const attempt of part.attempts) this.addAttempt({ ...attempt, replayed: true });
    this.usage = addUsage(this.usage, part.usage);
    this.cost = addCost(this.cost, part.cost);
    this.#addResumed(part);
    for (const call of part.toolCalls) this.addTool(call);
    for (const child of part.children) (this.#children ??= []).push(child);
    if (part.ok) this.addReasoning(part.reasoning);
    this.#take();
  }

  #addResumed({ usage, cost }: Spent): void {
    this.#resumed = addSpent(this.#resumed ?? NOTHING_SPENT, { usage, cost });
  }

  /**
   * Returns what was added to this call since the last part was taken or resumed, as a result with
   * this content. The call must be priced.
   */
  takePart(content: unknown, reasoning: string | undefined): Result {
    const { attempts, toolCalls, children, usage, cost } = this.#taken ?? NOTHING_TAKEN;
    const all = { usage: this.usage, cost: this.cost };
    const spent = subtractSpent(all, { usage, cost });
    const part = this.success(content, "tool_calls");
    this.#take();
    return {
      ...part,
      ...spent,
      attempts: part.attempts.slice(attempts),
      toolCalls: part.toolCalls.slice(toolCalls),
      children: part.children.slice(children),
      reasoning: this.keepsReasoning ? reasoning : undefined,
    };
  }

  #take(): void {
    this.#taken = {
      attempts: this.attempts.length,
      toolCalls: this.#toolCalls?.length ?? 0,
      children: this.#children?.length ?? 0,
      usage: this.usage,
      cost: this.cost,
    };
  }

  /** Adds a call made within this one. */
  add(part: Result): void {
    this.addOfTool(part);
    if (part.replayed) return; // it took no time
    this.queuedMs += part.timing.queuedMs;
    const { limitedBy, limitedMs } = part.timing;
    if (limitedBy !== undefined) this.wait({ [limitedBy]: limitedMs });
    this.backoffMs += part.timing.backoffMs;
    this.modelMs += part.timing.modelMs;
  }

  /**
   * Prices every request that was billed. An answer that does not say what it used has no known
   * price.
   *
   * @returns `undefined` if there is no price list to wait for, as usual.
   */
  price(prices: Prices | undefined): Promise<void> | undefined {
    this.cost = undefined;
    const { attempts } = this;
    for (let i = 0; i < attempts.length; i++) {
      const { model, usage } = attempts[i]!;
      if (usage === undefined || this.#details?.[i] === undefined) continue;
      const loading = loadPrices(model, prices);
      if (loading !== undefined) return loading.then(() => this.price(prices));
    }
    const { sum, replayed } = this.#priceAttempts(prices);
    this.cost = sum;
    if (this.#resumed !== undefined) this.#resumed = { ...this.#resumed, cost: replayed };
  }

  #priceAttempts(prices: Prices | undefined): AttemptCosts {
    try {
      return priceAttempts(this.attempts, this.#details, prices);
    } catch (thrown) {
      throw this.error(thrown, undefined);
    }
  }

  /** Returns the result of a call that succeeded. */
  success<T>(content: T, finishReason: FinishReason): Success<T> {
    const success: Success<T> = {
      ok: true,
      content,
      finishReason,
      agent: this.agent,
      model: this.model,
      usage: this.usage,
      cost: this.cost,
      attempts: this.attempts,
      toolCalls: this.#toolCalls ?? EMPTY,
      children: this.#children ?? EMPTY,
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#began,
      timing: this.#timing(),
      usedFallback: this.usedFallback,
      cached: this.cached,
      replayed: false,
      metadata: this.metadata,
    };
    const { response } = this;
    if (
      this.#reasoning === undefined && this.#resumed === undefined && response === undefined
    ) return success;
    return {
      ...success,
      ...(this.#resumed !== undefined && { resumed: this.#resumed }),
      ...(this.#reasoning !== undefined && { reasoning: this.#reasoning }),
      ...(response !== undefined && { response }),
    };
  }

  /** Returns the result of a call with `dryRun`: the request that would be sent. */
  dryRun(provider: Provider, request: ModelRequest): DryRun {
    const result = { ...this.success(undefined, "stop"), request, provider: provider.name };
    return rememberProvider(result, provider);
  }

  /**
   * Returns the result of a call that failed. `extra` has the other members of a workflow's result.
   */
  failure(error: AgentError): Failure;
  failure<M extends object>(error: AgentError, extra: M): Failure & M;
  failure(error: AgentError, extra?: object): Failure {
    const { finishReason: _, reasoning: __, ...base } = this.success(undefined, "stop");
    const failure: Failure = { ...base, ok: false, content: undefined, error, ...extra };
    // The error of another call, such as one inside an item of `each`, keeps its own result.
    return error.result === undefined ? linkError(failure) : failure;
  }

  /** Reports the result to the enclosing call, if there is one. */
  end<R extends Result>(result: R): R {
    this.collect?.(result);
    return result;
  }

  #timing(): Timing {
    const { requests, tokens, pause, budget } = this.#limited;
    const limitedMs = requests + tokens + pause + budget;
    const most = Math.max(requests, tokens, pause, budget);
    const limitedBy = most === requests
      ? "requests"
      : most === tokens
      ? "tokens"
      : most === pause
      ? "pause"
      : "budget";
    return {
      queuedMs: this.queuedMs,
      limitedMs,
      limitedBy: limitedMs === 0 ? undefined : limitedBy,
      backoffMs: this.backoffMs,
      modelMs: this.modelMs,
      toolsMs: this.toolsMs,
      connectMs: this.connectMs,
      firstTokenMs: this.firstTokenMs,
      generationMs: this.generationMs,
    };
  }
}

/** The sums of the results that were taken from a call. */
interface TakenParts extends Spent {
  readonly attempts: number;
  readonly toolCalls: number;
  readonly children: number;
}

const NOTHING_TAKEN: TakenParts = { ...NOTHING_SPENT, attempts: 0, toolCalls: 0, children: 0 };

/** Shared by all results without tool calls or nested calls. */
const EMPTY: readonly never[] = Object.freeze([]);

const NOT_LIMITED = { requests: 0, tokens: 0, pause: 0, budget: 0 };
