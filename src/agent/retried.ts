/** Asks one model: with its retries, its breaker and its hedging. */
import type { AgentError } from "../model/errors.ts";
import { type Breaker, breakerOf } from "../resilience/breaker.ts";
import { retry } from "../resilience/retry.ts";
import type { Answer } from "./answer.ts";
import type { Candidate } from "./candidates.ts";
import { type Outgoing, send } from "./send.ts";
import { sendHedged } from "./send_hedged.ts";

/** Asks one model, again if need be. */
export function retried(call: Outgoing, { policy, breaker, hedge }: Candidate): Promise<Answer> {
  const { trace, signal, hooks } = call;
  const { on } = policy;
  const guarded = on && ((error: AgentError, attempt: number): boolean => {
    try {
      return on(error, attempt);
    } catch (cause) {
      throw trace.make(`Cannot finish the call of "${trace.agent}" as its retries.on threw`, {
        code: "tool",
        cause,
      });
    }
  });
  const guard = breaker && (trace.context.gate?.guard(call, breaker) ?? guardOf(call, breaker));
  const once = (call: Outgoing) => hedge === undefined ? send(call) : sendHedged(call, hedge);
  const work = guard === undefined ? () => once(call) : async () => {
    guard.check(); // before it waits for permits, and again when it has them
    try {
      return await once({ ...call, enter: guard.enter, breaker });
    } finally {
      if (guard.told !== undefined) await guard.told();
    }
  };
  return retry(work, { ...policy, on: guarded }, {
    signal,
    // What has just been left alone is not waited for: its own error tells more, and the next model may answer.
    mayRepeat: () => !trace.handedOn && !guard?.isOpen(),
    onRetry: hooks.onRetry,
    onWaited: (ms) => trace.backoffMs += ms,
  });
}

/** The breaker of a model, as a call sees it. */
export interface Guard {
  /** Throws if the model is left alone. */
  check(): void;
  /** Is the model left alone now? */
  isOpen(): boolean;
  /** The request goes out; gives what must be told how it ended. Throws if the model is left alone. */
  enter(): ReturnType<Breaker["enter"]> | undefined;
  /** Waits until the breaker knows how the last attempt ended, if it stands elsewhere. */
  told?(): Promise<void>;
}

/** The breaker of the model that is asked, as this call sees it. */
export function guardOf(
  { provider, request: { model }, trace }: Pick<Outgoing, "provider" | "request" | "trace">,
  options: NonNullable<Candidate["breaker"]>,
): Guard {
  const breaker = breakerOf(provider, model);
  const check = () => {
    const retryAfterMs = breaker.openFor(options, performance.now());
    if (retryAfterMs === 0) return;
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" as the model "${model}" is left alone after too many failures`,
      { code: "circuit_open", retryAfterMs },
    );
  };
  return {
    check,
    isOpen: () => breaker.openFor(options, performance.now()) > 0,
    enter() {
      check();
      return breaker.enter(options, performance.now());
    },
  };
}
