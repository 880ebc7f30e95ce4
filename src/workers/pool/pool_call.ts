/**
 * A call that runs in a worker, seen from the pool. It settles exactly once, whatever happens to
 * its worker.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import type { PriceDetails } from "../../pricing/price_details.ts";
import type { Callable } from "../../call/options/callable.ts";
import { configuration } from "../../call/options/config.ts";
import { type CallContext, currentContext } from "../../call/context.ts";
import { PromptOverride } from "../../agent/defined.ts";
import { type Definition, definitionOf } from "../../agent/definition.ts";
import type { ModeCall } from "../../call/options/mode.ts";
import type { CallOptions } from "../../call/options/options.ts";
import { Trace } from "../../call/trace.ts";
import { ChildAbort, onAbort } from "../../async/abort.ts";
import { findDigits } from "../../model/digits.ts";
import type { ErrorCode } from "../../model/errors.ts";
import { type AgentError, linkError, type Result } from "../../model/result.ts";
import type { Attempt } from "../../model/attempt.ts";
import { decodeError, type EncodedError } from "../error_codec.ts";
import type { CallRequest } from "../messages.ts";
import { decodeResult, type EncodedResult } from "../result_codec.ts";

/**
 * An aborted call ends in its worker, which then reports its usage. The caller waits for that for
 * this long only, in milliseconds.
 */
const ABORT_WAIT_MS = 25;

/**
 * The worker enforces the timeout of a call. If it is too busy for that, the pool does, this many
 * milliseconds later.
 */
const TIMEOUT_MARGIN_MS = 100;

/** An attempt of the call; `end` is set once it has ended. */
interface TrackedAttempt extends Pick<Attempt, "model" | "startedAt"> {
  end?: Pick<Attempt, "durationMs" | "usage" | "estimated">;
  /** What its price depends on. */
  details?: PriceDetails;
}

let lastId = 0;

/** A call that runs in a worker. */
export class PoolCall implements ModeCall {
  readonly id: number = ++lastId;
  readonly agent: Callable;
  readonly params: unknown;
  readonly options: CallOptions;
  /** The context of the caller, with its limits and budgets. */
  readonly context: CallContext = currentContext();
  /** Resolves with the result. Rejects only if the call itself was invalid. */
  readonly result: Promise<Result>;
  /** Whether any request was sent or delta emitted: such a call must not be repeated. */
  hasSideEffects = false;
  /** Whether a worker has ended during the call. It is then repeated alone in a worker. */
  survivedCrash = false;
  /** Whether the call has settled. */
  isSettled = false;
  readonly #definition: Definition | undefined;
  readonly #settled = Promise.withResolvers<Result>();
  readonly #inCallerContext = AsyncLocalStorage.snapshot();
  readonly #abort: ChildAbort;
  readonly #startedAt = Date.now();
  readonly #createdAt = performance.now();
  readonly #attempts: TrackedAttempt[] = [];
  #startedRunningAt: number | undefined;
  #abortTimer: ReturnType<typeof setTimeout> | undefined;

  /** Creates the call in the current context. */
  constructor({ agent, params, options }: ModeCall) {
    this.agent = agent;
    this.params = params;
    this.options = options;
    this.result = this.#settled.promise;
    this.#definition = definitionOf(agent);
    this.#abort = new ChildAbort(this.context.signal, options.signal);
  }

  /** Aborts when the call was aborted or has timed out. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Returns the message for its worker, without the options. */
  toRequest(agent: string): Omit<CallRequest, "options"> {
    const { id: callId, params, options, context } = this;
    return {
      callId,
      agent,
      params: params instanceof PromptOverride ? params.prompt : params,
      digits: findDigits(params),
      isPrompt: params instanceof PromptOverride,
      wantsDeltas: options.onDelta !== undefined,
      wantsEmits: context.emit !== undefined,
      countsCost: context.budgets.some(({ countsCost }) => countsCost),
      priority: context.priority,
    };
  }

  /** Starts the timeout of the call, as its worker begins to run it. */
  start(): void {
    this.#startedRunningAt = performance.now();
    const ms = this.#definition?.total(this.options);
    this.#abort.abortAfter(
      ms && ms + TIMEOUT_MARGIN_MS,
      `timeout.total passed: it was not finished within ${ms} ms, and its worker did not end it`,
    );
  }

  /** Prepares the call for running again in another worker. */
  requeue(): void {
    this.survivedCrash = true;
    this.#abort.abortAfter(undefined, "");
  }

  /** Calls the function when the call is aborted, or at once if it has been. */
  onAbort(callback: () => void): void {
    onAbort(this.signal, callback);
  }

  /** Waits a moment for the worker to report the usage of the aborted call, then settles it. */
  async waitForAbort(): Promise<void> {
    this.#abortTimer = setTimeout(() => void this.settleAborted(), ABORT_WAIT_MS);
    await this.result.catch(() => {});
  }

  /** Settles the call as aborted, with the usage that is known here. */
  async settleAborted(): Promise<void> {
    const { signal } = this;
    await this.settleFailed((trace) => trace.error(signal.reason, signal));
  }

  /** Settles the call with the error that `createError` returns. */
  async settleFailed(createError: (trace: Trace) => AgentError): Promise<void> {
    if (!this.#markSettled()) return;
    const { agent, options, context } = this;
    const model = this.#definition?.model;
    const modelName = model && (options.model ?? model.model ?? configuration().model);
    const trace = new Trace(agent.name, modelName, context.collect, options.metadata);
    for (const { end: ended, details, ...attempt } of this.#attempts) {
      if (ended === undefined) continue;
      trace.addAttempt({ ...attempt, ...ended }, details);
      trace.bill(ended.usage, ended.durationMs);
    }
    const error = createError(trace);
    for (const { end: ended, details: _, ...attempt } of this.#attempts) {
      if (ended !== undefined) continue;
      const durationMs = Date.now() - attempt.startedAt;
      const { code, message } = error;
      trace.addAttempt({ ...attempt, durationMs, error: { code, message } });
      trace.bill(undefined, durationMs);
    }
    try {
      await trace.price(configuration().prices);
    } catch {
      // The first error is the one to report.
    }
    const failure = trace.failure(error);
    const complete = this.#definition?.failed?.(failure) ?? failure;
    const timed = { ...complete, ...this.#timings(complete, 0) };
    this.#settled.resolve(trace.end(timed.ok ? timed : linkError(timed)));
  }

  /** Settles the call with an error of this code. */
  settleWithCode(code: ErrorCode, reason: string, cause?: unknown): Promise<void> {
    return this.settleFailed((trace) =>
      trace.make(`Cannot finish the call of "${this.agent.name}" as ${reason}`, { code, cause })
    );
  }

  /** Settles the call with the result from its worker. */
  settleWithResult(encoded: EncodedResult): void {
    if (!this.#markSettled()) return;
    const decoded = decodeResult(encoded, this.#abortReason());
    const { metadata } = this.options;
    const result = {
      ...decoded,
      ...this.#timings(decoded, decoded.durationMs),
      metadata,
    } as Result;
    if (!result.ok) linkError(result);
    this.context.collect?.(result);
    this.#settled.resolve(result);
  }

  /** Rejects an invalid call: nothing was sent. */
  reject(thrown: unknown): void {
    if (this.#markSettled()) this.#settled.reject(thrown);
  }

  /** Rejects the call with what its worker threw. */
  rejectEncoded(encoded: EncodedError): void {
    this.reject(decodeError(encoded, { reason: this.#abortReason() }));
  }

  /**
   * Records an attempt, in case its worker ends before it can report it.
   *
   * @returns A function that takes how the attempt ended, or `undefined` if it was not sent, and
   * what its price depends on.
   */
  startAttempt(
    model: string,
  ): (end: Pick<Attempt, "usage" | "estimated"> | undefined, details?: PriceDetails) => void {
    this.hasSideEffects = true;
    const startedAt = performance.now();
    const attempt: TrackedAttempt = { model, startedAt: Date.now() };
    this.#attempts.push(attempt);
    return (end, details) => {
      attempt.details = details;
      if (end === undefined) this.#attempts.splice(this.#attempts.indexOf(attempt), 1);
      else attempt.end = { ...end, durationMs: performance.now() - startedAt };
    };
  }

  /** Calls the caller's `onDelta`. */
  async emitDelta(text: string): Promise<void> {
    if (this.isSettled) return;
    this.hasSideEffects = true;
    await this.#inCallerContext(() => this.options.onDelta?.(text));
  }

  /** Calls the caller's `emit`. */
  async emit(agent: string, data: unknown): Promise<void> {
    if (this.isSettled) return;
    this.hasSideEffects = true;
    await this.#inCallerContext(() => this.context.emit?.(agent, data));
  }

  #abortReason(): unknown {
    return this.signal.aborted ? this.signal.reason : undefined;
  }

  /** Returns the timings of a result; the wait for a worker counts as queued. */
  #timings(
    { timing }: Result,
    tookMs: number,
  ): Pick<Result, "startedAt" | "durationMs" | "timing"> {
    const now = performance.now();
    const waitedMs = (this.#startedRunningAt ?? now) - this.#createdAt;
    const durationMs = tookMs > 0 ? waitedMs + tookMs : now - this.#createdAt;
    return {
      startedAt: this.#startedAt,
      durationMs,
      timing: { ...timing, queuedMs: timing.queuedMs + waitedMs },
    };
  }

  #markSettled(): boolean {
    if (this.isSettled) return false;
    this.isSettled = true;
    clearTimeout(this.#abortTimer);
    this.#abort[Symbol.dispose]();
    return true;
  }
}
