/** A call that a worker makes, as it is seen from here: whatever becomes of the worker, it ends once, and with a result. */
import { AsyncLocalStorage } from "node:async_hooks";
import type { Callable } from "../call/options/callable.ts";
import { configuration } from "../call/options/config.ts";
import { type CallContext, currentContext } from "../call/context.ts";
import { PromptOverride } from "../agent/defined.ts";
import { type Definition, definitionOf } from "../agent/definition.ts";
import type { ModeCall } from "../call/options/mode.ts";
import type { CallOptions } from "../call/options/options.ts";
import { Trace } from "../call/trace.ts";
import { ChildAbort, onAbort } from "../async/abort.ts";
import type { ErrorCode } from "../model/errors.ts";
import { type AgentError, type Attempt, linkError, type Result } from "../model/result.ts";
import { type CodedError, decodeError } from "./error_codec.ts";
import type { Order } from "./messages.ts";
import { type CodedResult, decodeResult } from "./result_codec.ts";

/** A worker ends an aborted call at once and tells what it used. Who waits for it hears of the abort after this long, whatever the worker does. */
const HEARING_MS = 25;

/** A worker keeps the time limit of a call itself. If it is too busy for that, it is kept from here, so many milliseconds later. */
const LATE_MS = 100;

/** An attempt, and how it ended if it has. */
interface OpenAttempt extends Pick<Attempt, "model" | "startedAt"> {
  ended?: Pick<Attempt, "durationMs" | "usage" | "estimated">;
}

let calls = 0;

/** A call. */
export class Call implements ModeCall {
  readonly id: number = ++calls;
  readonly agent: Callable;
  readonly params: unknown;
  readonly options: CallOptions;
  /** Where it was made: whose limits and budgets it stands under. */
  readonly context: CallContext = currentContext();
  /** How it ends. Rejects only if the call itself was wrong. */
  readonly result: Promise<Result>;
  /** Was anything sent or handed on? Then it must not be made again. */
  sent = false;
  /** Has a worker ended under it before? Then it is made again, with nobody beside it. */
  suspect = false;
  /** Is it over? */
  over = false;
  readonly #definition: Definition | undefined;
  readonly #ended = Promise.withResolvers<Result>();
  readonly #inside = AsyncLocalStorage.snapshot();
  readonly #abort: ChildAbort;
  readonly #startedAt = Date.now();
  readonly #began = performance.now();
  readonly #attempts: OpenAttempt[] = [];
  #ran: number | undefined;
  #patience: ReturnType<typeof setTimeout> | undefined;

  /** Made here and now. */
  constructor({ agent, params, options }: ModeCall) {
    this.agent = agent;
    this.params = params;
    this.options = options;
    this.result = this.#ended.promise;
    this.#definition = definitionOf(agent);
    this.#abort = new ChildAbort(this.context.signal, options.signal);
  }

  /** Aborts when nobody wants it any more. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** What its worker is told. */
  order(agent: string): Omit<Order, "options"> {
    const { id, params, options, context } = this;
    return {
      id,
      agent,
      params: params instanceof PromptOverride ? params.prompt : params,
      asks: params instanceof PromptOverride,
      hasDelta: options.onDelta !== undefined,
      hasEmit: context.emit !== undefined,
      countsCost: context.budgets.some(({ countsCost }) => countsCost),
      priority: context.priority,
    };
  }

  /** It is made now: from here on its time limit counts. */
  begin(): void {
    this.#ran = performance.now();
    const ms = this.#definition?.total(this.options);
    this.#abort.abortAfter(
      ms && ms + LATE_MS,
      `timeout.total passed: it was not finished within ${ms} ms, and its worker did not end it`,
    );
  }

  /** It is put back, to be made again. */
  putBack(): void {
    this.suspect = true;
    this.#abort.abortAfter(undefined, "");
  }

  /** Told when it is aborted, or at once if it has been. */
  onAbort(fn: () => void): void {
    onAbort(this.signal, fn);
  }

  /** It was aborted: its worker is given a moment to tell what was used. */
  async soon(): Promise<void> {
    this.#patience = setTimeout(() => void this.aborted(), HEARING_MS);
    await this.result.catch(() => {});
  }

  /** It ends as aborted, with what is known here. */
  async aborted(): Promise<void> {
    const { signal } = this;
    await this.fail((trace) => trace.error(signal.reason, signal));
  }

  /** It ends with this error. */
  async fail(why: (trace: Trace) => AgentError): Promise<void> {
    if (!this.#close()) return;
    const { agent, options, context } = this;
    const model = this.#definition?.model;
    const asked = model && (options.model ?? model.model ?? configuration().model);
    const trace = new Trace(agent.name, asked, context.collect, options.metadata);
    for (const { ended, ...attempt } of this.#attempts) {
      if (ended === undefined) continue;
      trace.addAttempt({ ...attempt, ...ended });
      trace.bill(ended.usage, ended.durationMs);
    }
    const error = why(trace);
    for (const { ended, ...attempt } of this.#attempts) {
      if (ended !== undefined) continue;
      const durationMs = Date.now() - attempt.startedAt;
      const { code, message } = error;
      trace.addAttempt({ ...attempt, durationMs, error: { code, message } });
      trace.bill(undefined, durationMs);
    }
    try {
      await trace.price(configuration().prices);
    } catch {
      // What went wrong first is what is told.
    }
    const failure = trace.failure(error);
    const whole = this.#definition?.failed?.(failure) ?? failure;
    const timed = { ...whole, ...this.#times(whole, 0) };
    this.#ended.resolve(trace.end(timed.ok ? timed : linkError(timed)));
  }

  /** It ends with an error of this code. */
  failWith(code: ErrorCode, why: string, cause?: unknown): Promise<void> {
    return this.fail((trace) =>
      trace.make(`Cannot finish the call of "${this.agent.name}" as ${why}`, { code, cause })
    );
  }

  /** Its worker has made it. */
  done(coded: CodedResult): void {
    if (!this.#close()) return;
    const decoded = decodeResult(coded, this.#reason());
    const { metadata } = this.options;
    const result = { ...decoded, ...this.#times(decoded, decoded.durationMs), metadata } as Result;
    if (!result.ok) linkError(result);
    this.context.collect?.(result);
    this.#ended.resolve(result);
  }

  /** The call was wrong: nothing was sent. */
  refuse(thrown: unknown): void {
    if (this.#close()) this.#ended.reject(thrown);
  }

  /** Its worker threw instead of making it. */
  threw(coded: CodedError): void {
    this.refuse(decodeError(coded, { reason: this.#reason() }));
  }

  /** An attempt goes out. What is given back takes how it ended, or nothing if it was not sent after all; it is remembered in case its worker cannot tell of it any more. */
  attempt(model: string): (end: Pick<Attempt, "usage" | "estimated"> | undefined) => void {
    this.sent = true;
    const began = performance.now();
    const attempt: OpenAttempt = { model, startedAt: Date.now() };
    this.#attempts.push(attempt);
    return (end) => {
      if (end === undefined) this.#attempts.splice(this.#attempts.indexOf(attempt), 1);
      else attempt.ended = { ...end, durationMs: performance.now() - began };
    };
  }

  /** Hands a piece of the answer on. */
  async delta(text: string): Promise<void> {
    if (this.over) return;
    this.sent = true;
    await this.#inside(() => this.options.onDelta?.(text));
  }

  /** Hands on what code emits. */
  async emit(agent: string, data: unknown): Promise<void> {
    if (this.over) return;
    this.sent = true;
    await this.#inside(() => this.context.emit?.(agent, data));
  }

  #reason(): unknown {
    return this.signal.aborted ? this.signal.reason : undefined;
  }

  /** Waiting for a worker is waiting for a place. */
  #times({ timing }: Result, tookMs: number): Pick<Result, "startedAt" | "durationMs" | "timing"> {
    const now = performance.now();
    const waitedMs = (this.#ran ?? now) - this.#began;
    const durationMs = tookMs > 0 ? waitedMs + tookMs : now - this.#began;
    return {
      startedAt: this.#startedAt,
      durationMs,
      timing: { ...timing, queuedMs: timing.queuedMs + waitedMs },
    };
  }

  #close(): boolean {
    if (this.over) return false;
    this.over = true;
    clearTimeout(this.#patience);
    this.#abort[Symbol.dispose]();
    return true;
  }
}
