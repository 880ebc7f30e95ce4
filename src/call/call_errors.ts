import { missingPermission } from "../model/cause_message.ts";
import { abortCode, isWait, LONG_WAIT, ProviderError } from "../model/errors.ts";
import type { Message } from "../model/message.ts";
import { AgentError } from "../model/result.ts";
import type { Attempt } from "../model/attempt.ts";
import { NO_USAGE, type Usage } from "../model/usage.ts";
import { PriceFunctionError } from "../pricing/price_function_error.ts";

/**
 * Creates the errors of a call. Each has the agent, the last model called, and the attempts and
 * usage until then.
 */
export class CallErrors {
  #attempts: Attempt[] | undefined;
  /** Everything that was used. */
  usage: Usage = NO_USAGE;
  /** The conversation after the last round with tools, for errors. */
  messages: readonly Message[] | undefined;

  /** For a call of this agent. */
  constructor(readonly agent: string, public model: string | undefined) {}

  /** The requests that were sent. Errors share this list, so that later requests appear in them. */
  get attempts(): readonly Attempt[] {
    return this.#attempts ??= [];
  }

  /** Another request was sent. */
  addAttempt(attempt: Attempt): void {
    // Usually it is the only one; a growing array would reserve room for sixteen more.
    if (this.#attempts === undefined) this.#attempts = [attempt];
    else this.#attempts.push(attempt);
  }

  /** More is known of a request that was sent. */
  protected amendAttempt(index: number, attempt: Attempt): void {
    this.#attempts![index] = attempt;
  }

  /**
   * Converts a thrown value to an error of this call. If the signal of the whole call has aborted,
   * that is the cause.
   */
  error(thrown: unknown, signal: AbortSignal | undefined): AgentError {
    if (signal?.aborted) return this.#aborted(signal.reason, { retryable: false });
    if (thrown instanceof AgentError) return thrown;
    if (thrown instanceof ProviderError) {
      const reason = `${thrown.message}${waitHint(thrown)}`;
      return this.make(`Cannot finish the call of "${this.agent}" as ${reason}`, {
        code: thrown.code,
        status: thrown.status,
        retryAfterMs: thrown.retryAfterMs,
        retryable: thrown.retryable,
        text: thrown.text,
        cause: thrown,
      });
    }
    if (thrown instanceof DOMException && thrown.name === "TimeoutError") {
      return this.#aborted(thrown, { retryable: true });
    }
    if (thrown instanceof PriceFunctionError) {
      return this.make(`Cannot finish the call of "${this.agent}" as ${thrown.message}`, {
        code: "tool",
        cause: thrown.cause ?? thrown,
      });
    }
    const missing = missingPermission(thrown);
    const reason = missing === undefined
      ? "its provider threw an unexpected error"
      : `a permission is missing: ${missing}`;
    return this.make(`Cannot finish the call of "${this.agent}" as ${reason}`, {
      code: "provider",
      cause: thrown,
    });
  }

  /**
   * Returns the error of a call for which every model failed. If all circuits are open, it says
   * when to retry.
   */
  exhausted(errors: readonly AgentError[]): AgentError {
    const cause = errors.at(-1);
    const waits = errors.map(({ retryAfterMs }) => retryAfterMs).filter((ms) => ms !== undefined);
    const retryAfterMs = waits.length === 0 ? undefined : Math.min(...waits);
    const who = `Cannot finish the call of "${this.agent}" as all ${errors.length} models`;
    return errors.every(({ code }) => code === "circuit_open")
      ? this.make(`${who} have open circuits after too many failures`, {
        code: "circuit_open",
        retryAfterMs,
        cause,
      })
      : this.make(`${who} failed: see \`attempts\``, { code: "exhausted", retryAfterMs, cause });
  }

  #aborted(reason: unknown, { retryable }: { readonly retryable: boolean }): AgentError {
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
      "agent" | "model" | "attempts" | "usage" | "messages"
    >,
  ): AgentError {
    return new AgentError(message, {
      ...options,
      agent: this.agent,
      model: this.model,
      attempts: this.attempts,
      usage: this.usage,
      messages: this.messages,
    });
  }
}

/** Says how long the server asks to wait, if that is long. */
function waitHint({ code, retryAfterMs }: ProviderError): string {
  if (code !== "rate_limited" || !isWait(retryAfterMs) || retryAfterMs <= LONG_WAIT) return "";
  return ` (the server asks to wait ${formatWait(retryAfterMs)})`;
}

/** Formats a wait of more than a minute: `5 min`, `8 h 12 min`. */
function formatWait(ms: number): string {
  const minutes = Math.ceil(ms / 60_000);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  if (hours === 0) return `${minutes} min`;
  return rest === 0 ? `${hours} h` : `${hours} h ${rest} min`;
}
