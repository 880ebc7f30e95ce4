/** Lets attempts of a worker out: limits, budgets and breakers stand with the one who started it, so each attempt asks there. */
import { estimatedUsage } from "../call/admission.ts";
import { configuration } from "../call/options/config.ts";
import type { AttemptOutcome, Gate, Guard, Outgoing, Pass } from "../call/outgoing.ts";
import { AgentError } from "../model/result.ts";
import type { CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import { encodeError } from "./error_codec.ts";
import type { Asking, Passed } from "./messages.ts";
import { type Parent, Refused } from "./pool_client.ts";
import { noteOf } from "./worker_providers.ts";

/** The gate of one call. */
export class RemoteGate implements Gate {
  readonly #id: number;
  readonly #parent: Parent;
  /** The number under which an attempt is let out just now. */
  #passing = 0;

  /** For the call with this number. */
  constructor(id: number, parent: Parent) {
    this.#id = id;
    this.#parent = parent;
  }

  /** Asks here, then there: in the order from the innermost limit to the outermost. */
  async admit(
    call: Outgoing,
    here: (call: Outgoing) => Pass | Promise<Pass>,
  ): Promise<Pass> {
    const local = await here({ ...call, enter: undefined });
    try {
      const { n, passed } = await this.#ask(call);
      return this.#pass(call, local, n, passed);
    } catch (error) {
      local.cancel();
      throw error;
    }
  }

  /** What the breaker there thinks of the model is known only after each attempt: before it, it is asked with the permits. */
  guard(_call: Outgoing, _options: CircuitBreakerOptions): Guard {
    let open = false;
    let telling: Promise<void> | undefined;
    return {
      check() {},
      isOpen: () => open,
      enter: () => {
        const pass = this.#passing;
        return (outcome) => {
          const told = typeof outcome === "object" ? encodeError(outcome) : outcome;
          const question = { kind: "told", pass, outcome: told } as const;
          telling = this.#parent.ask(this.#id, question).then(({ value }) => {
            open = value as boolean;
          });
        };
      },
      reported: () => telling ?? Promise.resolve(),
    };
  }

  async #ask(call: Outgoing): Promise<{ n: number; passed: Passed }> {
    const { agent, provider, request: { model }, priority, breaker, trace, signal } = call;
    const asking: Asking = {
      agent: agent.name,
      limits: plain(agent.limits),
      provider: noteOf(provider, agent, configuration().provider),
      model,
      expected: estimatedUsage(call),
      priority,
      breaker,
    };
    try {
      const { n, value } = await this.#parent.ask(this.#id, { kind: "admit", ...asking }, signal);
      const passed = value as Passed;
      if (!call.duplicate) trace.wait(passed.waited);
      return { n, passed };
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const { thrown, value } = error;
      if (value !== undefined && !call.duplicate) trace.wait((value as Passed).waited);
      if (!(thrown instanceof AgentError)) throw thrown;
      const { message, code, retryAfterMs, retryable, cause } = thrown;
      throw trace.make(message, { code, retryAfterMs, retryable, cause });
    }
  }

  #pass(call: Outgoing, local: Pass, n: number, passed: Passed): Pass {
    const cancel = (): void => this.#parent.leave(n, NOT_SENT);
    let report: Pass["report"];
    try {
      this.#passing = n;
      report = call.enter?.();
    } catch (error) {
      cancel();
      throw error;
    }
    return {
      at: performance.now(),
      concurrency: least(local.concurrency, passed.concurrency),
      report,
      cancel() {
        local.cancel();
        cancel();
      },
      leave: (outcome, now) => {
        local.leave(outcome, now);
        this.#parent.leave(n, outcome);
      },
    };
  }
}

const NOT_SENT: AttemptOutcome = {
  usage: undefined,
  rejected: true,
  answer: { outcome: "unknown" },
};

function least(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : b === undefined ? a : Math.min(a, b);
}

/** Limits without the functions that may stand in them. */
export function plain<T extends object>(limits: T | undefined): T | undefined {
  return limits && JSON.parse(JSON.stringify(limits));
}
