import type { Feedback } from "../limits/feedback.ts";
import { abortCode, ProviderError } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";
import type { ModelReply } from "../model/message.ts";
import type { Billing, Usage } from "../model/usage.ts";
import type { PriceDetails } from "../pricing/price_details.ts";
import { admit } from "./admission.ts";
import { attemptMessage } from "./own_code_error.ts";
import { type Answer, readReply } from "./read_reply.ts";
import { type AttemptHandler, requestProvider } from "./request_provider.ts";
import type { Outgoing, Pass } from "./outgoing.ts";
import { emitDelta } from "./emit_delta.ts";
import { priceDetailsOf } from "./pricing/price_details.ts";
import { estimatedUsageSoFar } from "./estimates/token_averages.ts";

/** What is done after an attempt that failed. */
export type FailureHandler = (error: unknown) => Promise<Answer>;

/**
 * Makes one attempt: waits for permits, sends the request, reads the answer and records the
 * outcome. The failure handler is a parameter, as a chained promise would have to be kept for each
 * call in flight.
 */
export function send(call: Outgoing, onFailure: FailureHandler = rethrow): Promise<Answer> {
  try {
    const admitted = admit(call);
    return admitted instanceof Promise
      ? admitted.then((admission) => sendAdmitted(call, admission, onFailure), onFailure)
      : sendAdmitted(call, admitted, onFailure);
  } catch (error) {
    return onFailure(error);
  }
}

const rethrow: FailureHandler = (error) => Promise.reject(error);

function sendAdmitted(call: Outgoing, admission: Pass, onFailure: FailureHandler): Promise<Answer> {
  const attempt = new PendingAttempt(call, admission, onFailure);
  // No stream is requested unless deltas are wanted.
  const options = call.hooks.onDelta === undefined ? call : { ...call, ...attempt.streamed() };
  return requestProvider(options, attempt);
}

/** An attempt on the wire. */
class PendingAttempt implements AttemptHandler<Answer> {
  readonly #call: Outgoing;
  readonly #admission: Pass;
  readonly #onFailure: FailureHandler;
  #durationMs = 0;
  #characters = 0;
  /** The reasoning that was streamed, if the result has it. */
  #reasoning: string | undefined;
  #connectMs: number | undefined;
  #outcome: Outcome | undefined;
  #details: PriceDetails | undefined;

  constructor(call: Outgoing, admission: Pass, onFailure: FailureHandler) {
    this.#call = call;
    this.#admission = admission;
    this.#onFailure = onFailure;
  }

  /** The hooks for an answer that is streamed. */
  streamed() {
    const { trace, first, hooks: { onReasoning } } = this.#call;
    trace.connectMs = trace.firstTokenMs = undefined;
    return {
      onResponse: () => {
        this.#connectMs ??= performance.now() - this.#admission.at;
      },
      onDelta: async (text: string) => {
        if (first?.() === false) return; // its signal has aborted
        this.#characters += text.length;
        // Of two attempts only one gets here.
        trace.connectMs = this.#connectMs;
        trace.firstTokenMs ??= performance.now() - this.#admission.at;
        await emitDelta(this.#call, text);
      },
      // Reasoning is not part of the answer: an attempt that emitted only that may be repeated.
      onReasoning: onReasoning === undefined && !trace.keepsReasoning
        ? undefined
        : async (text: string) => {
          if (trace.keepsReasoning) this.#reasoning = (this.#reasoning ?? "") + text;
          if (onReasoning === undefined || first?.() === false) return;
          await onReasoning(text);
        },
    };
  }

  /** Reads the answer and records the outcome. */
  replied(reply: ModelReply): Answer | Promise<Answer> {
    const { agent, trace, signal } = this.#call;
    this.#finish({ reply, usage: reply.usage });
    if (reply.response !== undefined) trace.response = reply.response;
    if (this.#reasoning !== undefined && !reply.reasoning) {
      reply = { ...reply, reasoning: this.#reasoning };
    }
    try {
      const answer = readReply(reply, agent, trace, signal);
      if (answer instanceof Promise) {
        return answer.then((answer) => this.#succeed(answer), (thrown) => this.#fail(thrown));
      }
      return this.#succeed(answer);
    } catch (thrown) {
      return this.#fail(thrown);
    }
  }

  /** Records a failed attempt. */
  failed(thrown: unknown): Promise<Answer> {
    const usage = thrown instanceof ProviderError ? thrown.usage : undefined;
    this.#finish(
      usage !== undefined || this.#characters === 0
        ? { thrown, usage }
        // What a server has written is billed, whether or not anybody waited for the end, at which
        // it would have said how much that was.
        : { thrown, usage: estimatedUsageSoFar(this.#call, this.#characters), estimated: true },
    );
    return this.#fail(thrown);
  }

  /**
   * Releases the permits, which are held neither while the answer is read nor during a backoff.
   */
  #finish(outcome: Outcome): void {
    const { ended, trace, signal, pair } = this.#call;
    ended?.();
    const now = performance.now();
    const { reply, thrown, usage, estimated } = outcome;
    const rejected = thrown instanceof ProviderError && thrown.status !== undefined;
    if (pair !== undefined) pair.usage ??= usage;
    const billing = reply ?? (thrown instanceof ProviderError ? thrown : NO_BILLING);
    const details = this.#details = priceDetailsOf(this.#call, billing);
    const feedback = feedbackOf(outcome, signal);
    const assumed = usage === undefined ? this.#assumedUsage(outcome) : undefined;
    this.#admission.complete({ usage, details, rejected, feedback, estimated, assumed }, now);
    this.#durationMs = now - this.#admission.at;
    this.#outcome = outcome;
    const { firstTokenMs } = trace;
    trace.generationMs = firstTokenMs === undefined ? undefined : this.#durationMs - firstTokenMs;
    trace.bill(usage, this.#durationMs);
  }

  /** Returns the usage to charge to budgets, of an answer or a hedged request without usage. */
  #assumedUsage({ reply }: Outcome): Usage | undefined {
    const { budgets, gate, pair } = this.#call;
    if (reply === undefined) return pair?.usage;
    if (budgets.length === 0 && gate === undefined) return undefined;
    return estimatedUsageSoFar(this.#call, reply.text.length);
  }

  #succeed(answer: Answer): Answer {
    this.#record(undefined);
    return answer;
  }

  #fail(thrown: unknown): Promise<Answer> {
    const { trace, signal } = this.#call;
    const error = trace.error(thrown, signal);
    this.#record(error);
    return this.#onFailure(error);
  }

  #record(error: AgentError | undefined): void {
    const { trace, signal, request: { model } } = this.#call;
    const { usage, estimated } = this.#outcome!;
    const { report, concurrency, at } = this.#admission;
    // An aborted attempt says nothing about the model.
    report?.(signal.aborted ? undefined : error ?? "success", performance.now());
    this.#recordRejections();
    trace.addAttempt({
      model,
      startedAt: trace.dateOf(at),
      durationMs: this.#durationMs,
      status: error?.status,
      error: error && { code: error.code, message: attemptMessage(error) },
      retryAfterMs: error?.retryAfterMs,
      concurrency,
      usage,
      ...(this.#details?.serviceTier && { serviceTier: this.#details.serviceTier }),
      ...(estimated && { estimated }),
    }, this.#details);
  }

  /** Records the requests that the provider repeated in another form. They were not billed. */
  #recordRejections(): void {
    const { trace, request: { model } } = this.#call;
    const { reply, thrown } = this.#outcome!;
    const rejections = thrown instanceof ProviderError ? thrown.rejections : reply?.rejections;
    if (rejections === undefined) return;
    for (const { startedAt, durationMs, status, message } of rejections) {
      const error = {
        code: "provider",
        message: `${message}; sent again in another form`,
      } as const;
      trace.addAttempt({ model, startedAt, durationMs, status, error });
    }
  }
}

/** Returns the feedback of an outcome for the limiters. */
function feedbackOf({ reply, thrown }: Outcome, signal: AbortSignal): Feedback {
  if (reply !== undefined) {
    return reply.rates === undefined ? OK : { outcome: "ok", rates: reply.rates };
  }
  if (signal.aborted) return { outcome: "unknown" };
  // An attempt that took too long is the server's trouble, too.
  if (!(thrown instanceof ProviderError)) {
    return { outcome: abortCode(thrown) === "timeout" ? "failed" : "unknown" };
  }
  const { code, retryable, retryAfterMs, rates } = thrown;
  // What is not worth another attempt is our own mistake, or a quota that is used up for good.
  const outcome = !retryable ? "unknown" : code === "rate_limited" ? "rejected" : "failed";
  return { outcome, retryAfterMs, rates };
}

const OK: Feedback = { outcome: "ok" };
const NO_BILLING: Billing = {};

interface Outcome {
  readonly reply?: ModelReply;
  readonly thrown?: unknown;
  readonly usage: Usage | undefined;
  /** Whether the usage is an estimate. */
  readonly estimated?: true;
}
