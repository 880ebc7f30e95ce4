/** Asks one model: with its retries, its breaker and its hedging. */
import type { AgentError } from "../model/result.ts";
import type { RetryPolicy } from "../resilience/backoff.ts";
import { retry, retryAfter, type RetryHooks } from "../resilience/retry.ts";
import type { Answer } from "./read_reply.ts";
import type { Candidate } from "./candidates.ts";
import { circuitGuard } from "./circuit_guard.ts";
import { longestWait } from "./longest_wait.ts";
import type { Guard, Outgoing } from "./outgoing.ts";
import { ownCodeError } from "./own_code_error.ts";
import { send } from "./send.ts";
import { withHedging } from "./with_hedging.ts";

/** Calls one model with its retries. */
export function withRetries(call: Outgoing, candidate: Candidate): Promise<Answer> {
  const { policy, breaker, hedge } = candidate;
  if (breaker !== undefined || hedge !== undefined) return withGuard(call, candidate);
  const onFailure = (thrown: unknown) =>
    retryAfter(thrown, () => send(call), policy, new Retries(call, policy));
  return send(call, onFailure);
}

/** Calls one model with retries, where attempts have a circuit breaker or hedged requests. */
function withGuard(call: Outgoing, { policy, breaker, hedge }: Candidate): Promise<Answer> {
  const guard = breaker && (call.gate?.guard(call, breaker) ?? circuitGuard(call, breaker));
  const once = hedge === undefined ? send : (call: Outgoing) => withHedging(call, hedge);
  const work = guard === undefined ? () => once(call) : async () => {
    guard.check(); // before it waits for permits, and onFailure when it has them
    try {
      return await once({ ...call, enter: guard.enter, breaker });
    } finally {
      if (guard.reported !== undefined) await guard.reported();
    }
  };
  return retry(work, policy, new Retries(call, policy, guard));
}

/** Connects the retries to the call. */
class Retries implements RetryHooks {
  readonly #call: Outgoing;
  readonly #policy: RetryPolicy;
  readonly #guard: Guard | undefined;

  constructor(call: Outgoing, policy: RetryPolicy, guard?: Guard) {
    this.#call = call;
    this.#policy = policy;
    this.#guard = guard;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  // If the circuit has just opened, the attempt is not repeated: its own error is more informative,
  // and the next model may answer.
  mayRepeat(): boolean {
    return !this.#call.trace.emitted && !this.#guard?.isOpen();
  }

  get on(): RetryPolicy["on"] {
    const { on } = this.#policy;
    return on && ((error, attempt) => {
      try {
        return on(error, attempt);
      } catch (cause) {
        throw ownCodeError(this.#call.trace, "retries.on", cause);
      }
    });
  }

  longestWait(): number {
    return longestWait(this.#call);
  }

  onRetry(error: AgentError, attempt: number, delayMs: number): void {
    const { hooks, trace } = this.#call;
    try {
      hooks.onRetry?.(error, attempt, delayMs);
    } catch (cause) {
      throw ownCodeError(trace, "onRetry", cause);
    }
  }

  onWaited(ms: number): void {
    this.#call.trace.backoffMs += ms;
  }
}
