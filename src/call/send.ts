import type { Feedback } from "../limits/feedback.ts";
import { abortCode, ProviderError } from "../model/errors.ts";
import type { AgentError } from "../model/result.ts";
import type { ModelReply } from "../model/message.ts";
import type { Usage } from "../model/usage.ts";
import { admit, estimatedUsageSoFar } from "./admission.ts";
import { type Answer, readReply } from "./read_reply.ts";
import { type AttemptHandler, requestProvider } from "./request_provider.ts";
import type { Outgoing, Pass } from "./outgoing.ts";
import { emitDelta } from "./emit_delta.ts";

/** What is done after an attempt that failed. */
export type FailureHandler = (error: unknown) => Promise<Answer>;

/**
 * One attempt: waits for its permits, sends the request, reads the answer and writes it all down.
 * What there is to do `again` is handed in, rather than hung on the promise, which all that are in
 * flight would have to keep.
 */
export function send(call: Outgoing, again: FailureHandler = failing): Promise<Answer> {
  try {
    const admitted = admit(call);
    return admitted instanceof Promise
      ? admitted.then((admission) => goOut(call, admission, again), again)
      : goOut(call, admitted, again);
  } catch (error) {
    return again(error);
  }
}

const failing: FailureHandler = (error) => Promise.reject(error);

function goOut(call: Outgoing, admission: Pass, again: FailureHandler): Promise<Answer> {
  const wire = new Wire(call, admission, again);
  // No stream is requested unless deltas are wanted.
  const asked = call.hooks.onDelta === undefined ? call : { ...call, ...wire.streamed() };
  return requestProvider(asked, wire);
}

/** An attempt on the wire. */
class Wire implements AttemptHandler<Answer> {
  readonly #call: Outgoing;
  readonly #admission: Pass;
  readonly #again: FailureHandler;
  #durationMs = 0;
  #characters = 0;
  #connectMs: number | undefined;
  #outcome: Outcome | undefined;

  constructor(call: Outgoing, admission: Pass, again: FailureHandler) {
    this.#call = call;
    this.#admission = admission;
    this.#again = again;
  }

  /** The hooks for an answer that is streamed. */
  streamed() {
    const { trace, first } = this.#call;
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
    };
  }

  /** The answer has come: it is read. */
  replied(reply: ModelReply): Answer | Promise<Answer> {
    const { agent, trace, signal } = this.#call;
    this.#ended({ reply, usage: reply.usage });
    try {
      const answer = readReply(reply, agent, trace, signal);
      if (answer instanceof Promise) {
        return answer.then((answer) => this.#good(answer), (thrown) => this.#bad(thrown));
      }
      return this.#good(answer);
    } catch (thrown) {
      return this.#bad(thrown);
    }
  }

  /** There is no answer. */
  failed(thrown: unknown): Promise<Answer> {
    const usage = thrown instanceof ProviderError ? thrown.usage : undefined;
    this.#ended(
      usage !== undefined || this.#characters === 0
        ? { thrown, usage }
        // What a server has written is billed, whether or not anybody waited for the end, at which
        // it would have said how much that was.
        : { thrown, usage: estimatedUsageSoFar(this.#call, this.#characters), estimated: true },
    );
    return this.#bad(thrown);
  }

  /**
   * The permits are given back: they are held on the wire only, neither while the answer is read
   * nor while the next attempt waits.
   */
  #ended(outcome: Outcome): void {
    const { ended, trace, signal } = this.#call;
    ended?.();
    const now = performance.now();
    const { thrown, usage, estimated } = outcome;
    const rejected = thrown instanceof ProviderError && thrown.status !== undefined;
    this.#admission.leave({ usage, rejected, answer: answerOf(outcome, signal), estimated }, now);
    this.#durationMs = now - this.#admission.at;
    this.#outcome = outcome;
    const { firstTokenMs } = trace;
    trace.generationMs = firstTokenMs === undefined ? undefined : this.#durationMs - firstTokenMs;
    trace.bill(usage, this.#durationMs);
  }

  #good(answer: Answer): Answer {
    this.#write(undefined);
    return answer;
  }

  #bad(thrown: unknown): Promise<Answer> {
    const { trace, signal } = this.#call;
    const error = trace.error(thrown, signal);
    this.#write(error);
    return this.#again(error);
  }

  #write(error: AgentError | undefined): void {
    const { trace, signal, request: { model } } = this.#call;
    const { usage, estimated } = this.#outcome!;
    const { report, concurrency, at } = this.#admission;
    // An aborted attempt says nothing about the model.
    report?.(signal.aborted ? undefined : error ?? "success", performance.now());
    trace.addAttempt({
      model,
      startedAt: trace.dateOf(at),
      durationMs: this.#durationMs,
      status: error?.status,
      error: error && { code: error.code, message: error.message },
      retryAfterMs: error?.retryAfterMs,
      concurrency,
      usage,
      ...(estimated && { estimated }),
    });
  }
}

/** Returns the feedback of an outcome for the limiters. */
function answerOf({ reply, thrown }: Outcome, signal: AbortSignal): Feedback {
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

interface Outcome {
  readonly reply?: ModelReply;
  readonly thrown?: unknown;
  readonly usage: Usage | undefined;
  /** Whether the usage is an estimate. */
  readonly estimated?: true;
}
