import type { Budget } from "../limits/budget.ts";
import type { Answer as LimitsAnswer } from "../limits/limiter.ts";
import { abortCode, type AgentError, ProviderError } from "../model/errors.ts";
import type { ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Usage } from "../model/usage.ts";
import type { Breaker, CircuitBreakerOptions } from "../resilience/breaker.ts";
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
  /** When the model is left alone; only where that is for a gate to know. */
  readonly breaker?: CircuitBreakerOptions;
  /** What it will use, if that was worked out elsewhere. */
  readonly expected?: Usage;
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
  const admission = await admit(call);
  const startedAt = Date.now();
  const began = performance.now();

  let outcome: Outcome;
  const came = { characters: 0 };
  try {
    const streamed = streamHooks(call, began, came);
    const reply = await attempt({ ...call, timeout: call.limits, ...streamed });
    outcome = { reply, usage: reply.usage };
  } catch (thrown) {
    const usage = thrown instanceof ProviderError ? thrown.usage : undefined;
    // What a server has written is billed, whether or not anybody waited for the end, at which it would have said how much that was.
    const estimated = usage === undefined && came.characters > 0;
    outcome = estimated
      ? { thrown, usage: usageSoFar(call, came.characters), estimated }
      : { thrown, usage };
  }
  call.ended?.();
  // Held on the wire only: neither while the answer is read nor while the next attempt waits.
  admission.leave(
    outcome.usage,
    outcome.thrown instanceof ProviderError && outcome.thrown.status !== undefined,
    answerOf(outcome, signal),
    outcome.estimated,
  );
  const durationMs = performance.now() - began;
  const { firstTokenMs } = trace;
  trace.generationMs = firstTokenMs === undefined ? undefined : durationMs - firstTokenMs;
  trace.bill(outcome.usage, durationMs);

  let answer: Answer | undefined;
  let error: AgentError | undefined;
  try {
    if (outcome.reply === undefined) throw outcome.thrown;
    answer = await read(outcome.reply, call.agent, trace, signal);
    return answer;
  } catch (thrown) {
    error = trace.error(thrown, signal);
    throw error;
  } finally {
    // What was aborted tells nothing of the model.
    admission.tell?.(signal.aborted ? undefined : error ?? "success", performance.now());
    trace.attempts.push({
      model: call.request.model,
      startedAt,
      durationMs,
      status: error?.status,
      error: error && { code: error.code, message: error.message },
      retryAfterMs: error?.retryAfterMs,
      concurrency: admission.concurrency,
      usage: outcome.usage,
      ...(outcome.estimated && { estimated: true as const }),
    });
  }
}

/** What the outcome tells of the server's limits. */
function answerOf({ reply, thrown }: Outcome, signal: AbortSignal): LimitsAnswer {
  if (reply !== undefined) return { heard: "ok", rates: reply.rates };
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

interface Outcome {
  readonly reply?: ModelReply;
  readonly thrown?: unknown;
  readonly usage: Usage | undefined;
  /** Is the usage our estimate? */
  readonly estimated?: boolean;
}

/** The hooks for an answer that is streamed; none if nobody wants its pieces: then no stream is asked for. */
function streamHooks(call: Outgoing, began: number, came: { characters: number }) {
  const { hooks, trace, first } = call;
  if (hooks.onDelta === undefined) return undefined;
  trace.connectMs = trace.firstTokenMs = undefined;
  let connectMs: number | undefined;
  return {
    onResponse: () => {
      connectMs ??= performance.now() - began;
    },
    onDelta: async (text: string) => {
      if (first?.() === false) return; // its signal has aborted
      came.characters += text.length;
      // Of two attempts only one gets here.
      trace.connectMs = connectMs;
      trace.firstTokenMs ??= performance.now() - began;
      await handOn(call, text);
    },
  };
}
