import type { Waited } from "../limits/permits.ts";
import { abortCode, AgentError, ProviderError } from "../model/errors.ts";
import type { FinishReason, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type {
  Attempt,
  DryRun,
  Failure,
  LimitedBy,
  Result,
  ResultBase,
  Success,
  Timing,
  ToolCall,
} from "../model/result.ts";
import { addCost, addUsage, type Cost, NO_COST, NO_USAGE, type Usage } from "../model/usage.ts";
import { costOf, loadPrices, type Prices } from "../telemetry/prices.ts";
import type { CallContext } from "./context.ts";

/** What a call has done so far; its result is made from it. */
export class Trace {
  /** The requests that were sent. Errors share this list, so that they tell of later ones too. */
  readonly attempts: Attempt[] = [];
  /** The tools that the model asked for. */
  readonly toolCalls: ToolCall[] = [];
  /** The calls that were made within this one. */
  readonly children: Result[] = [];
  /** Everything that was used. */
  usage: Usage = NO_USAGE;
  /** What it costs; filled in at the end for a model's call. */
  cost: Cost | undefined = NO_COST;
  /** Milliseconds of waiting for permits. */
  queuedMs = 0;
  /** Milliseconds of waiting for rate limits, by what limited. */
  readonly limited: Record<LimitedBy, number> = { requests: 0, tokens: 0, pause: 0 };
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
  /** Was a piece of the answer handed on? */
  handedOn = false;
  /** Takes the pieces that are handed on, and gives what can be told of a typed answer so far. */
  partials: ((delta: string) => unknown) | undefined;
  /** Was the answer there already, or asked for by another call? */
  cached = false;
  /** Was another model asked than the first? */
  usedFallback = false;
  readonly #startedAt = Date.now();
  readonly #began = performance.now();

  /** Begins with the call. */
  constructor(
    readonly agent: string,
    public model: string | undefined,
    readonly context: CallContext,
    readonly metadata: unknown,
  ) {}

  /** Counts what an attempt waited for. */
  wait({ concurrency = 0, requests = 0, tokens = 0, pause = 0 }: Waited): void {
    this.queuedMs += concurrency;
    this.limited.requests += requests;
    this.limited.tokens += tokens;
    this.limited.pause += pause;
  }

  /** Counts what an attempt used. */
  bill(usage: Usage | undefined, modelMs: number): void {
    this.modelMs += modelMs;
    if (usage !== undefined) this.usage = addUsage(this.usage, usage);
  }

  /**
   * Counts the slower of two attempts that were sent for one answer: servers bill for what they have begun, and what that was is
   * nowhere said, so it is taken to be what the answer used.
   */
  billLoser(from: number): void {
    const sent = this.attempts.slice(from);
    const usage = sent.find(({ error }) => error === undefined)?.usage;
    const loser = sent.findIndex((attempt) => attempt.error?.code === "aborted");
    if (usage === undefined || loser < 0 || sent[loser]!.usage !== undefined) return;
    this.attempts[from + loser] = { ...sent[loser]!, usage, estimated: true };
    this.bill(usage, 0);
  }

  /** Counts a call that was made by a tool of this one: its time is the tool's. */
  addOfTool(part: Result): void {
    this.children.push(part);
    this.usage = addUsage(this.usage, part.usage);
    this.cost = addCost(this.cost, part.cost);
    for (const attempt of part.attempts) this.attempts.push(attempt);
  }

  /** Counts a call that was made within this one. */
  add(part: Result): void {
    this.addOfTool(part);
    this.queuedMs += part.timing.queuedMs;
    const { limitedBy, limitedMs } = part.timing;
    if (limitedBy !== undefined) this.limited[limitedBy] += limitedMs;
    this.backoffMs += part.timing.backoffMs;
    this.modelMs += part.timing.modelMs;
  }

  /** Prices every request that was billed. An answer that does not say what it used has no known price. */
  async price(prices: Prices | undefined): Promise<void> {
    let cost: Cost | undefined = NO_COST;
    this.cost = undefined;
    for (const { model, usage, error } of this.attempts) {
      if (usage === undefined) {
        if (error === undefined) cost = undefined;
        continue;
      }
      const loading = loadPrices(model, prices);
      if (loading !== undefined) await loading;
      try {
        cost = addCost(cost, costOf(model, usage, prices));
      } catch (cause) {
        const why = "the prices function of configure threw: see the cause";
        throw this.make(`Cannot finish the call of "${this.agent}" as ${why}`, {
          code: "tool",
          cause,
        });
      }
    }
    this.cost = cost;
  }

  /** The result of a call that succeeded. */
  success<T>(content: T, finishReason: FinishReason): Success<T> {
    return { ok: true, content, finishReason, ...this.#base() };
  }

  /** The result of a call that only says what it would send. */
  dryRun({ name }: Provider, request: ModelRequest): DryRun {
    return { ...this.success(undefined, "stop"), request, provider: name };
  }

  /** The result of a call that failed. */
  failure(error: AgentError): Failure {
    return { ok: false, content: undefined, error, ...this.#base() };
  }

  /** Tells the call that this one was made in, if there is one, that it has ended. */
  end<R extends Result>(result: R): R {
    this.context.collect?.(result);
    return result;
  }

  #base(): ResultBase {
    return {
      agent: this.agent,
      model: this.model,
      usage: this.usage,
      cost: this.cost,
      attempts: this.attempts,
      toolCalls: this.toolCalls,
      children: this.children,
      startedAt: this.#startedAt,
      durationMs: performance.now() - this.#began,
      timing: {
        queuedMs: this.queuedMs,
        ...this.#limited(),
        backoffMs: this.backoffMs,
        modelMs: this.modelMs,
        toolsMs: this.toolsMs,
        connectMs: this.connectMs,
        firstTokenMs: this.firstTokenMs,
        generationMs: this.generationMs,
      },
      usedFallback: this.usedFallback,
      cached: this.cached,
      replayed: false,
      metadata: this.metadata,
    };
  }

  #limited(): Pick<Timing, "limitedMs" | "limitedBy"> {
    const { requests, tokens, pause } = this.limited;
    const limitedMs = requests + tokens + pause;
    const most = Math.max(requests, tokens, pause);
    const limitedBy = most === requests ? "requests" : most === tokens ? "tokens" : "pause";
    return { limitedMs, limitedBy: limitedMs === 0 ? undefined : limitedBy };
  }

  /**
   * Whatever was thrown, as an error of this call. `signal` is that of the whole call: if it has aborted, that is
   * the cause, whatever came of it further down.
   */
  error(thrown: unknown, signal: AbortSignal | undefined): AgentError {
    if (signal?.aborted) return this.#aborted(signal.reason, false);
    if (thrown instanceof AgentError) return thrown;
    if (thrown instanceof ProviderError) {
      return this.make(`Cannot finish the call of "${this.agent}" as ${thrown.message}`, {
        code: thrown.code,
        status: thrown.status,
        retryAfterMs: thrown.retryAfterMs,
        retryable: thrown.retryable,
        text: thrown.text,
        cause: thrown,
      });
    }
    if (thrown instanceof DOMException && thrown.name === "TimeoutError") {
      return this.#aborted(thrown, true);
    }
    return this.make(
      `Cannot finish the call of "${this.agent}" as its provider threw: see the cause`,
      {
        code: "provider",
        cause: thrown,
      },
    );
  }

  /** The error of a call for which every model failed. If none was asked, since all are left alone, it says until when. */
  exhausted(errors: readonly AgentError[]): AgentError {
    const cause = errors.at(-1);
    const waits = errors.map(({ retryAfterMs }) => retryAfterMs).filter((ms) => ms !== undefined);
    const retryAfterMs = waits.length === 0 ? undefined : Math.min(...waits);
    const who = `Cannot finish the call of "${this.agent}" as all ${errors.length} models`;
    return errors.every(({ code }) => code === "circuit_open")
      ? this.make(`${who} are left alone after too many failures`, {
        code: "circuit_open",
        retryAfterMs,
        cause,
      })
      : this.make(`${who} failed: see \`attempts\``, { code: "exhausted", retryAfterMs, cause });
  }

  #aborted(reason: unknown, retryable: boolean): AgentError {
    const code = abortCode(reason);
    const why = code === "timeout" ? (reason as Error).message : "it was aborted";
    return this.make(`Cannot finish the call of "${this.agent}" as ${why}`, {
      code,
      retryable,
      cause: reason,
    });
  }

  /** An error of this call. */
  make(
    message: string,
    options: Omit<
      ConstructorParameters<typeof AgentError>[1],
      "agent" | "model" | "attempts" | "usage"
    >,
  ): AgentError {
    return new AgentError(message, {
      ...options,
      agent: this.agent,
      model: this.model,
      attempts: this.attempts,
      usage: this.usage,
    });
  }
}
