/** Lets the attempts of one worker out, through the limits, budgets and breakers of this process. */
import { admit } from "../call/admission.ts";
import type { ModelAgent } from "../call/options/model_agent.ts";
import { configuration } from "../call/options/config.ts";
import { circuitGuard } from "../call/circuit_guard.ts";
import type { AttemptOutcome, Guard, Pass } from "../call/outgoing.ts";
import { Trace } from "../call/trace.ts";
import type { WaitReason } from "../limits/limiter.ts";
import type { WaitTimes } from "../limits/permits.ts";
import { ChildAbort } from "../async/abort.ts";
import type { AgentError } from "../model/result.ts";
import { loadPrices } from "../pricing/prices.ts";
import type { Call } from "./pool_call.ts";
import { decodeError, encodeError } from "./error_codec.ts";
import type { Answered, Asking, Outcome, Passed } from "./messages.ts";
import type { Providers } from "./worker_providers.ts";

/** An attempt that waits, or is on the wire. */
interface Passing {
  readonly abort: ChildAbort;
  readonly guard: Guard | undefined;
  /** Absent while it waits. */
  admission?: Pass;
  /** Tells the call how it ended. */
  ended?: ReturnType<Call["attempt"]>;
}

/** The attempts of one worker, by the number of their question. */
export class Admissions {
  readonly #providers: Providers;
  readonly #passes = new Map<number, Passing>();

  /** With what is known of the providers. */
  constructor(providers: Providers) {
    this.#providers = providers;
  }

  /** Waits until the attempt may go out. Never throws. */
  async admit(n: number, asking: Asking, call: Call): Promise<Answered> {
    const { agent: name, model, expected, priority, breaker } = asking;
    const { context } = call;
    const { limiter, provider } = this.#providers.asker(call.agent, asking);
    const trace = new Waits(name, model, undefined, undefined);
    const { waited } = trace;
    const agent: ModelAgent = { name, limiter, tokenAverages: {}, render: () => "" };
    const request = { model, messages: [], settings: {} };
    const guard = breaker && circuitGuard({ provider, request, trace }, breaker);
    const abort = new ChildAbort();
    const pass: Passing = { abort, guard };
    this.#passes.set(n, pass);
    try {
      guard?.check();
      const { budgets } = context;
      if (budgets.some(({ countsCost }) => countsCost)) {
        await loadPrices(model, configuration().prices);
      }
      pass.admission = await admit({
        agent,
        provider,
        request,
        expected,
        priority,
        budgets,
        limiters: context.limiters,
        gate: context.gate,
        trace,
        timeout: {},
        hooks: {},
        signal: abort.signal,
        enter: guard && (() => guard.enter()),
      });
      pass.ended = call.attempt(model);
      const { concurrency } = pass.admission;
      return { ok: true, value: { waited, concurrency } satisfies Passed };
    } catch (thrown) {
      this.#passes.delete(n);
      abort[Symbol.dispose]();
      return { ok: false, error: encodeError(thrown), value: { waited } satisfies Passed };
    }
  }

  /** The attempt is not wanted any more; it may have been let out just now. */
  withdraw(n: number): void {
    const pass = this.#passes.get(n);
    this.#passes.delete(n);
    if (pass?.admission === undefined) {
      pass?.abort.abort(new DOMException("The attempt was withdrawn", "AbortError"));
      return;
    }
    pass.ended?.(undefined);
    pass.admission.report?.(undefined, performance.now());
    pass.admission.cancel();
  }

  /** The attempt has ended. */
  leave(n: number, outcome: AttemptOutcome): void {
    const pass = this.#passes.get(n);
    if (pass?.admission === undefined) return;
    pass.admission.leave(outcome, performance.now());
    const { usage, estimated } = outcome;
    pass.ended?.({ usage, ...(estimated && { estimated }) });
    // Its breaker is told when the answer was read.
    if (pass.guard === undefined) this.#passes.delete(n);
  }

  /** Tells the breaker how an attempt ended, and gives whether the model is left alone now. */
  told(n: number, outcome: Outcome): boolean {
    const pass = this.#passes.get(n);
    this.#passes.delete(n);
    const how = typeof outcome === "object" ? decodeError(outcome) as AgentError : outcome;
    pass?.admission?.report?.(how, performance.now());
    return pass?.guard?.isOpen() ?? false;
  }

  /** The worker has ended, and with it whatever it had on the wire. That may well have been billed. */
  release(): void {
    for (const [n, { admission }] of this.#passes) {
      if (admission === undefined) {
        this.withdraw(n);
        continue;
      }
      this.#passes.delete(n);
      admission.report?.(undefined, performance.now());
      admission.leave(UNKNOWN, performance.now());
    }
  }
}

/** The outcome of an attempt whose worker has ended. */
const UNKNOWN: AttemptOutcome = {
  usage: undefined,
  rejected: false,
  answer: { outcome: "unknown" },
};

/** Counts what an attempt has waited for, and nothing else. */
class Waits extends Trace {
  readonly waited = { concurrency: 0, requests: 0, tokens: 0, pause: 0 };

  override wait(waited: WaitTimes): void {
    for (const [reason, ms] of Object.entries(waited)) this.waited[reason as WaitReason] += ms;
  }
}
