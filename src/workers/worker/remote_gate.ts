/** Admits the attempts of a worker: the pool holds the limits, budgets and breakers. */
import { estimateAttempt } from "../../call/admission.ts";
import { longestPause } from "../../call/longest_wait.ts";
import { configuration } from "../../call/options/config.ts";
import type { AttemptOutcome, Gate, Guard, Outgoing, Pass } from "../../call/outgoing.ts";
import { AgentError } from "../../model/result.ts";
import type { CircuitBreakerOptions } from "../../resilience/circuit_breaker.ts";
import { encodeError } from "../error_codec.ts";
import type { AdmissionGrant, AdmissionRequest } from "../messages.ts";
import { describeProvider, withoutFunctions } from "../provider_info.ts";
import { type PoolClient, RequestFailed } from "./pool_client.ts";

/** The gate of one call. */
export class RemoteGate implements Gate {
  readonly #callId: number;
  readonly #pool: PoolClient;
  /** The id of the latest admission: `enter` runs directly after it is set. */
  #admissionId = 0;

  /** Creates the gate of the call with this id. */
  constructor(callId: number, pool: PoolClient) {
    this.#callId = callId;
    this.#pool = pool;
  }

  /** Acquires permits here, then in the pool: from the innermost limit to the outermost. */
  async admit(
    call: Outgoing,
    here: (call: Outgoing) => Pass | Promise<Pass>,
  ): Promise<Pass> {
    const local = await here({ ...call, enter: undefined });
    try {
      const { admissionId, grant } = await this.#requestAdmission(call);
      return this.#pass(call, local, admissionId, grant);
    } catch (error) {
      local.cancel();
      throw error;
    }
  }

  /** Returns a guard that reports outcomes to the pool, which checks the breaker on admission. */
  guard(_call: Outgoing, _options: CircuitBreakerOptions): Guard {
    let isOpen = false;
    let reporting: Promise<void> | undefined;
    return {
      check() {},
      isOpen: () => isOpen,
      enter: () => {
        const admissionId = this.#admissionId;
        return (outcome) => {
          const encoded = typeof outcome === "object" ? encodeError(outcome) : outcome;
          const request = { type: "circuit-outcome", admissionId, outcome: encoded } as const;
          reporting = this.#pool.request(this.#callId, request).then(({ value }) => {
            isOpen = value as boolean;
          });
        };
      },
      reported: () => reporting ?? Promise.resolve(),
    };
  }

  async #requestAdmission(
    call: Outgoing,
  ): Promise<{ readonly admissionId: number; readonly grant: AdmissionGrant }> {
    const { agent, provider, request: { model }, priority, breaker, trace, signal } = call;
    const request: AdmissionRequest = {
      agent: agent.name,
      limits: withoutFunctions(agent.limits),
      provider: describeProvider(provider, agent, configuration().provider, model),
      model,
      ...estimateAttempt(call),
      priority,
      longestPause: longestPause(call),
      breaker,
    };
    try {
      const { requestId, value } = await this.#pool.request(
        this.#callId,
        { type: "admit", ...request },
        signal,
      );
      const grant = value as AdmissionGrant;
      if (!call.duplicate) trace.wait(grant.waited);
      return { admissionId: requestId, grant };
    } catch (error) {
      if (!(error instanceof RequestFailed)) throw error;
      const { thrown, value } = error;
      if (value !== undefined && !call.duplicate) trace.wait((value as AdmissionGrant).waited);
      if (!(thrown instanceof AgentError)) throw thrown;
      const { message, code, retryAfterMs, retryable, cause } = thrown;
      throw trace.make(message, { code, retryAfterMs, retryable, cause });
    }
  }

  #pass(call: Outgoing, local: Pass, admissionId: number, grant: AdmissionGrant): Pass {
    const cancel = (): void => this.#pool.attemptEnded(admissionId, NOT_SENT);
    let report: Pass["report"];
    try {
      this.#admissionId = admissionId;
      report = call.enter?.();
    } catch (error) {
      cancel();
      throw error;
    }
    return {
      at: performance.now(),
      concurrency: minDefined(local.concurrency, grant.concurrency),
      report,
      cancel() {
        local.cancel();
        cancel();
      },
      complete: (outcome, now) => {
        local.complete(outcome, now);
        this.#pool.attemptEnded(admissionId, outcome);
      },
    };
  }
}

const NOT_SENT: AttemptOutcome = {
  usage: undefined,
  rejected: true,
  feedback: { outcome: "unknown" },
};

function minDefined(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}
