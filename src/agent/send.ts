import { accountLimiter, processLimiter } from "../limits/shared.ts";
import type { Limiter } from "../limits/limiter.ts";
import { acquireAll, type Permits, type Waited } from "../limits/permits.ts";
import { type AgentError, ProviderError } from "../model/errors.ts";
import type { ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Usage } from "../model/usage.ts";
import type { Breaker } from "../resilience/breaker.ts";
import type { TimeoutOptions } from "../resilience/timeout.ts";
import { type Answer, read } from "./answer.ts";
import { attempt } from "./attempt.ts";
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
  readonly trace: Trace;
  /** Asked just before the request is sent; gives what must be told how it ended. Throws if it must not be sent. */
  readonly enter?: () => ReturnType<Breaker["enter"]>;
}

/** Whose permits an attempt needs: run and scope, agent, key, process, in this order for all. */
function limitersOf({ agent, provider, trace }: Outgoing): readonly Limiter[] {
  const limiters = [...trace.context.limiters];
  if (agent.limiter !== undefined) limiters.push(agent.limiter);
  const account = accountLimiter(provider);
  if (account !== undefined) limiters.push(account);
  const all = processLimiter();
  if (all !== undefined) limiters.push(all);
  return limiters;
}

/** About four characters are a token. Only counted where somebody wants to know. */
function estimate({ request }: Outgoing, limiters: readonly Limiter[]): number {
  if (!limiters.some((limiter) => limiter.countsTokens)) return 0;
  let characters = 0;
  for (const { content } of request.messages) {
    if (typeof content === "string") characters += content.length;
    else for (const part of content) characters += part.type === "text" ? part.text.length : 0;
  }
  return Math.ceil(characters / 4);
}

/** One attempt: waits for its permits, sends the request, reads the answer and writes it all down. */
export async function send(call: Outgoing): Promise<Answer> {
  const { trace, signal } = call;
  const limiters = limitersOf(call);
  const ask = { tokens: estimate(call, limiters), priority: call.priority };
  const waited: Waited = { concurrency: 0, rate: 0 };
  let permits: Permits;
  try {
    permits = await acquireAll(limiters, ask, signal, waited);
  } finally {
    trace.queuedMs += waited.concurrency;
    trace.limitedMs += waited.rate;
  }
  let tell: ReturnType<Breaker["enter"]> | undefined;
  try {
    tell = call.enter?.();
  } catch (error) {
    permits.release(0);
    throw error;
  }
  const startedAt = Date.now();
  const began = performance.now();

  let outcome: Outcome;
  try {
    const reply = await attempt({ ...call, timeout: call.limits, onDelta: deltaHook(call, began) });
    outcome = { reply, usage: reply.usage };
  } catch (thrown) {
    outcome = { thrown, usage: thrown instanceof ProviderError ? thrown.usage : undefined };
  }
  // Held on the wire only: neither while the answer is read nor while the next attempt waits.
  permits.release(outcome.usage?.totalTokens);
  const durationMs = performance.now() - began;
  trace.bill(outcome.usage, durationMs);

  let answer: Answer | undefined;
  let error: AgentError | undefined;
  try {
    if (outcome.reply === undefined) throw outcome.thrown;
    answer = await read(outcome.reply, call.agent.output, trace, signal);
    return answer;
  } catch (thrown) {
    error = trace.error(thrown, signal);
    throw error;
  } finally {
    // What was aborted tells nothing of the model.
    tell?.(signal.aborted ? undefined : error ?? "success", performance.now());
    trace.attempts.push({
      model: call.request.model,
      startedAt,
      durationMs,
      status: error?.status,
      error: error && { code: error.code, message: error.message },
      retryAfterMs: error?.retryAfterMs,
      usage: outcome.usage,
    });
  }
}

interface Outcome {
  readonly reply?: ModelReply;
  readonly thrown?: unknown;
  readonly usage: Usage | undefined;
}

/** The hook for pieces of the answer, or `undefined` if nobody wants them: then no stream is asked for. */
function deltaHook({ hooks: { onDelta }, trace }: Outgoing, began: number) {
  if (onDelta === undefined) return undefined;
  trace.firstTokenMs = undefined;
  return async (text: string) => {
    trace.firstTokenMs ??= performance.now() - began;
    trace.handedOn = true;
    try {
      await onDelta(text);
    } catch (cause) {
      throw trace.make(`Cannot finish the call of "${trace.agent}" as its onDelta threw`, {
        code: "tool",
        cause,
      });
    }
  };
}
