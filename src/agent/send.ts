import type { Budget } from "../limits/budget.ts";
import type { Answer as LimitsAnswer } from "../limits/limiter.ts";
import { abortCode, type AgentError, ProviderError } from "../model/errors.ts";
import type { ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Attempt } from "../model/result.ts";
import type { Usage } from "../model/usage.ts";
import type { Breaker } from "../resilience/breaker.ts";
import type { TimeoutOptions } from "../resilience/timeout.ts";
import { admit, usageSoFar } from "./admit.ts";
import { type Answer, read } from "./answer.ts";
import { attempt } from "./attempt.ts";
import { handOn } from "./hand_on.ts";
import type { CallHooks, ModelAgent } from "./call.ts";
import type { Trace } from "./trace.ts";

/** A request on its way to one model. */
export interface Outgoing {
  readonly agent: ModelAgent;
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly limits: TimeoutOptions;
  readonly hooks: CallHooks;
  readonly signal: AbortSignal;
  readonly priority: number;
  /** What it may spend: the call, the run, the scope, whoever has one. */
  readonly budgets: readonly Budget[];
  readonly trace: Trace;
  /** Asked just before the request is sent; gives what must be told how it ended. Throws if it must not be sent. */
  readonly enter?: () => ReturnType<Breaker["enter"]> | undefined;
  /** Is it the second attempt of two? Nobody waits for what it waits for. */
  readonly duplicate?: boolean;
  /** Told when the answer or the error is there, before the permits are given back. */
  readonly ended?: () => void;
  /** Says whether a piece of the answer may be handed on. */
  readonly first?: () => boolean;
}

/** One attempt: waits for its permits, sends the request, reads the answer and writes it all down. */
export async function send(call: Outgoing): Promise<Answer> {
  const { trace, signal } = call;
  const admitted = admit(call);
  const admission = admitted instanceof Promise ? await admitted : admitted;
  const wire = new Wire(call);
  const { concurrency } = admission;
  const outcome = await wire.outcome();
  call.ended?.();
  const ended = performance.now();
  // Held on the wire only: neither while the answer is read nor while the next attempt waits.
  admission.leave(
    outcome.usage,
    outcome.thrown instanceof ProviderError && outcome.thrown.status !== undefined,
    answerOf(outcome, signal),
    ended,
    outcome.estimated,
  );
  const durationMs = ended - wire.began;
  const { firstTokenMs } = trace;
  trace.generationMs = firstTokenMs === undefined ? undefined : durationMs - firstTokenMs;
  trace.bill(outcome.usage, durationMs);

  let answer: Answer | undefined;
  let error: AgentError | undefined;
  try {
    if (outcome.reply === undefined) throw outcome.thrown;
    const reading = read(outcome.reply, call.agent, trace, signal);
    answer = reading instanceof Promise ? await reading : reading;
    return answer;
  } catch (thrown) {
    error = trace.error(thrown, signal);
    throw error;
  } finally {
    // What was aborted tells nothing of the model.
    admission.tell?.(signal.aborted ? undefined : error ?? "success", performance.now());
    trace.attempts.push(
      attemptOf(call.request.model, wire.startedAt, durationMs, error, concurrency, outcome),
    );
  }
}

/** How an attempt is told of. */
function attemptOf(
  model: string,
  startedAt: number,
  durationMs: number,
  error: AgentError | undefined,
  concurrency: number | undefined,
  { usage, estimated }: Outcome,
): Attempt {
  const attempt = {
    model,
    startedAt,
    durationMs,
    status: error?.status,
    error: error && { code: error.code, message: error.message },
    retryAfterMs: error?.retryAfterMs,
    concurrency,
    usage,
  };
  return estimated ? { ...attempt, estimated } : attempt;
}

/** What the outcome tells of the server's limits. */
function answerOf({ reply, thrown }: Outcome, signal: AbortSignal): LimitsAnswer {
  if (reply !== undefined) {
    return reply.rates === undefined ? OK : { heard: "ok", rates: reply.rates };
  }
  if (signal.aborted) return { heard: "nothing" };
  // An attempt that took too long is the server's trouble, too.
  if (!(thrown instanceof ProviderError)) {
    return { heard: abortCode(thrown) === "timeout" ? "failed" : "nothing" };
  }
  const { code, retryable, retryAfterMs, rates } = thrown;
  // What is not worth another attempt is our own mistake, or a quota that is used up for good.
  const heard = !retryable ? "nothing" : code === "rate_limited" ? "refused" : "failed";
  return { heard, retryAfterMs, rates };
}

const OK: LimitsAnswer = { heard: "ok" };

interface Outcome {
  readonly reply?: ModelReply;
  readonly thrown?: unknown;
  readonly usage: Usage | undefined;
  /** Is the usage our estimate? */
  readonly estimated?: true;
}

/** An attempt on the wire. */
class Wire {
  readonly startedAt = Date.now();
  readonly began = performance.now();
  readonly #call: Outgoing;
  #characters = 0;
  #connectMs: number | undefined;

  constructor(call: Outgoing) {
    this.#call = call;
  }

  /** How it ended. */
  async outcome(): Promise<Outcome> {
    const { provider, request, limits: timeout, signal, hooks } = this.#call;
    const options = { provider, request, timeout, signal };
    try {
      // Where nobody wants its pieces no stream is asked for.
      const reply = await attempt(
        hooks.onDelta === undefined ? options : { ...options, ...this.#streamed() },
      );
      return { reply, usage: reply.usage };
    } catch (thrown) {
      const usage = thrown instanceof ProviderError ? thrown.usage : undefined;
      if (usage !== undefined || this.#characters === 0) return { thrown, usage };
      // What a server has written is billed, whether or not anybody waited for the end, at which it would have said how much that was.
      return { thrown, usage: usageSoFar(this.#call, this.#characters), estimated: true };
    }
  }

  /** The hooks for an answer that is streamed. */
  #streamed() {
    const { trace, first } = this.#call;
    trace.connectMs = trace.firstTokenMs = undefined;
    return {
      onResponse: () => {
        this.#connectMs ??= performance.now() - this.began;
      },
      onDelta: async (text: string) => {
        if (first?.() === false) return; // its signal has aborted
        this.#characters += text.length;
        // Of two attempts only one gets here.
        trace.connectMs = this.#connectMs;
        trace.firstTokenMs ??= performance.now() - this.began;
        await handOn(this.#call, text);
      },
    };
  }
}
