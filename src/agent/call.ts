/**
 * One call from beginning to end. This is the only file that knows the order of the steps:
 *
 * params → prompt → total timeout → retry → permits → attempt → output → result
 */
import { acquireAll } from "../limits/gate.ts";
import { ChildAbort, untilAbort } from "../model/abort.ts";
import { type AgentError, ProviderError } from "../model/errors.ts";
import type { FinishReason, Message, ModelReply, ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Result } from "../model/result.ts";
import type { Usage } from "../model/usage.ts";
import { type RetryPolicy, retryPolicy } from "../resilience/backoff.ts";
import { retry } from "../resilience/retry.ts";
import { type TimeoutOptions, timeouts } from "../resilience/timeout.ts";
import { loadPrices } from "../telemetry/prices.ts";
import { attempt } from "./attempt.ts";
import { configuration, getDefaultProvider } from "./config.ts";
import { currentContext } from "./context.ts";
import {
  type CallOptions,
  messagesProblem,
  type ModelAgentOptions,
  settingsOf,
} from "./options.ts";
import type { Output, Parsed } from "./output.ts";
import { TemplateError } from "./template.ts";
import { Trace } from "./trace.ts";

/** An agent that asks a model, ready to be called. */
export interface ModelAgent extends ModelAgentOptions {
  /** Makes the prompt of a call; throws if the parameters do not fit. */
  readonly render: (params: unknown) => Prompt | Promise<Prompt>;
  /** Reads typed answers. */
  readonly output?: Output;
}

/** What a prompt may be: the user's message, or several messages. */
export type Prompt = string | readonly Message[];

/** Told what a call does while it runs. */
export interface CallHooks {
  /** Takes the pieces of the answer; the next one is not read before this is done. */
  readonly onDelta?: (text: string) => void | Promise<void>;
  /** Told that an attempt failed and that there will be another one. */
  readonly onRetry?: (error: AgentError, attempt: number, delayMs: number) => void;
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
  const model = options.model ?? agent.model ?? config.model;
  if (model === undefined) {
    throw new TypeError(
      `Cannot call "${agent.name}" as no model is named: pass \`model\` or configure({ model })`,
    );
  }
  const provider = agent.provider ?? config.provider ?? await getDefaultProvider();
  const limits = timeouts(options.timeout, agent.timeout, config.timeout);
  const policy = retryPolicy(options.retries ?? agent.retries ?? config.retries);

  const context = currentContext();
  const trace = new Trace(agent.name, model, context, options.metadata);
  using whole = new ChildAbort(context.signal, options.signal);
  whole.abortAfter(limits.total, `it was not finished within ${limits.total} ms`);
  // Begun here, waited for when there is something to price.
  void loadPrices(model, config.prices);
  try {
    whole.signal.throwIfAborted();
    const messages = await messagesOf(agent, params, options, { trace, whole });
    const request: ModelRequest = {
      model,
      messages,
      settings: settingsOf(agent, options),
      output: agent.output?.schema,
    };
    const call: Outgoing = { agent, provider, request, limits, hooks, signal: whole.signal, trace };
    const answer = await retry(() => send(call), guarded(policy, trace), {
      signal: whole.signal,
      // Who was handed the beginning of an answer must not be handed another one behind it.
      mayRepeat: () => !trace.handedOn,
      onRetry: hooks.onRetry,
      onWaited: (ms) => trace.backoffMs += ms,
    });
    await trace.price(config.prices);
    return trace.success(answer.content, answer.finishReason);
  } catch (thrown) {
    const error = trace.error(thrown, whole.signal);
    // The first thing that went wrong is the one to tell of; the cost is then not known.
    await trace.price(config.prices).catch(() => {});
    return trace.failure(error);
  }
}

/** The policy with an `on` that fails the call clearly if it throws. */
function guarded(policy: RetryPolicy, trace: Trace): RetryPolicy {
  const { on } = policy;
  if (on === undefined) return policy;
  return {
    ...policy,
    on(error, attempt) {
      try {
        return on(error, attempt);
      } catch (cause) {
        throw trace.make(`Cannot finish the call of "${trace.agent}" as its retries.on threw`, {
          code: "tool",
          cause,
        });
      }
    },
  };
}

/** A call that is ready to be sent. */
interface Outgoing {
  readonly agent: ModelAgent;
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly limits: TimeoutOptions;
  readonly hooks: CallHooks;
  readonly signal: AbortSignal;
  readonly trace: Trace;
}

/** What came back, read. */
interface Answer {
  readonly content: unknown;
  readonly finishReason: FinishReason;
}

/** One attempt: waits for its permits, sends the request, reads the answer and writes it all down. */
async function send(call: Outgoing): Promise<Answer> {
  const { trace, signal } = call;
  const queued = performance.now();
  let permit: Disposable;
  try {
    permit = await acquireAll(trace.context.gates, signal);
  } finally {
    trace.queuedMs += performance.now() - queued;
  }
  const startedAt = Date.now();
  const began = performance.now();

  let outcome: Outcome;
  try {
    const reply = await attempt({ ...call, timeout: call.limits, onDelta: deltaHook(call, began) });
    outcome = { reply, usage: reply.usage };
  } catch (thrown) {
    outcome = { thrown, usage: thrown instanceof ProviderError ? thrown.usage : undefined };
  } finally {
    // Held on the wire only: neither while the answer is read nor while the next attempt waits.
    permit[Symbol.dispose]();
  }
  const durationMs = performance.now() - began;
  trace.bill(outcome.usage, durationMs);

  let answer: Answer | undefined;
  let error: AgentError | undefined;
  try {
    if (outcome.reply === undefined) throw outcome.thrown;
    answer = await read(outcome.reply, call);
    return answer;
  } catch (thrown) {
    throw error = trace.error(thrown, signal);
  } finally {
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

/** What the reply says, as text or as the typed answer. */
async function read(reply: ModelReply, { agent, trace, signal }: Outgoing): Promise<Answer> {
  const { text, finishReason, refusal } = reply;
  const { output } = agent;
  if (refusal !== undefined || finishReason === "content_filter") {
    const why = refusal === undefined
      ? "a content filter stopped the answer"
      : "the model refused to answer";
    throw trace.make(`Cannot finish the call of "${trace.agent}" as ${why}`, {
      code: "filtered",
      text: refusal ?? text,
    });
  }
  if (output === undefined) return { content: text, finishReason };
  let parsed: Parsed;
  try {
    parsed = await untilAbort(output.parse(text), signal);
  } catch (cause) {
    throw trace.make(`Cannot finish the call of "${trace.agent}" as its output schema threw`, {
      code: "tool",
      text,
      cause,
    });
  }
  if (parsed.ok) return { content: parsed.content, finishReason };
  if (finishReason === "length") {
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" as the answer reached its limit of tokens: raise maxTokens`,
      { code: "truncated", text },
    );
  }
  throw trace.make(
    `Cannot finish the call of "${trace.agent}" as the answer does not fit its schema: see the issues`,
    { code: "invalid_output", issues: parsed.issues, text },
  );
}

/** System message, conversation so far, prompt. */
async function messagesOf(
  agent: ModelAgent,
  params: unknown,
  options: CallOptions,
  { trace, whole }: { trace: Trace; whole: ChildAbort },
): Promise<readonly Message[]> {
  let prompt: Prompt;
  try {
    const rendered = agent.render(params);
    prompt = typeof rendered === "string" ? rendered : await whole.race(Promise.resolve(rendered));
  } catch (cause) {
    const why = cause instanceof TemplateError
      ? cause.message
      : "its prompt function threw: see the cause";
    throw trace.make(`Cannot call "${agent.name}" as ${why}`, { code: "invalid_params", cause });
  }
  const asked = typeof prompt === "string" ? [{ role: "user" as const, content: prompt }] : prompt;
  const problem = Array.isArray(asked)
    ? messagesProblem(asked)
    : "there must be a text or a list of messages";
  if (problem !== undefined) {
    throw trace.make(`Cannot call "${agent.name}" as in its prompt ${problem}`, {
      code: "invalid_params",
    });
  }
  if (agent.system === undefined && options.messages === undefined) return asked;
  const system = agent.system === undefined
    ? []
    : [{ role: "system" as const, content: agent.system }];
  return [...system, ...options.messages ?? [], ...asked];
}
