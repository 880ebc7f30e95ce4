/** Admits the attempts of one worker through the limits, budgets and breakers of this process. */
import { admit } from "../../call/admission.ts";
import type { ModelAgent } from "../../call/options/model_agent.ts";
import { configuration } from "../../call/options/config.ts";
import { circuitGuard } from "../../call/circuit_guard.ts";
import type { AttemptOutcome, Guard, Pass } from "../../call/outgoing.ts";
import { Trace } from "../../call/trace.ts";
import type { WaitTimes } from "../../limits/permits.ts";
import { ChildAbort } from "../../async/abort.ts";
import type { AgentError } from "../../model/result.ts";
import { loadPrices } from "../../pricing/prices.ts";
import type { PoolCall } from "./pool_call.ts";
import { decodeError, encodeError } from "../error_codec.ts";
import type {
  AdmissionGrant,
  AdmissionRequest,
  CircuitOutcome,
  RequestOutcome,
} from "../messages.ts";
import type { WorkerProviders } from "./worker_providers.ts";

/** An attempt that waits for its admission, or is in flight. */
interface PendingAttempt {
  readonly abort: ChildAbort;
  readonly guard: Guard | undefined;
  /** Absent while the attempt waits. */
  admission?: Pass;
  /** Records in the call how the attempt ended. */
  recordEnd?: ReturnType<PoolCall["startAttempt"]>;
}

/** The attempts of one worker, by the id of the request that asked for admission. */
export class Admissions {
  readonly #providers: WorkerProviders;
  readonly #attempts = new Map<number, PendingAttempt>();

  /** Admits attempts to these providers. */
  constructor(providers: WorkerProviders) {
    this.#providers = providers;
  }

  /** Waits until the attempt is admitted. Never throws. */
  async admit(id: number, request: AdmissionRequest, call: PoolCall): Promise<RequestOutcome> {
    const { agent: name, model, expected, size, priority, longestPause, breaker } = request;
    const { context } = call;
    const { limiter, provider, tokenAverages } = this.#providers.resolve(call.agent, request);
    const trace = new WaitTrace(name, model, undefined, undefined);
    const { waited } = trace;
    const agent: ModelAgent = { name, limiter, tokenAverages, render: () => "" };
    const modelRequest = { model, messages: [], settings: {} };
    const guard = breaker && circuitGuard({ provider, request: modelRequest, trace }, breaker);
    const abort = new ChildAbort();
    const attempt: PendingAttempt = { abort, guard };
    this.#attempts.set(id, attempt);
    try {
      guard?.check();
      const { budgets } = context;
      if (budgets.some(({ countsCost }) => countsCost)) {
        await loadPrices(model, configuration().prices);
      }
      attempt.admission = await admit({
        agent,
        provider,
        request: modelRequest,
        expected,
        size,
        priority,
        longestPause,
        budgets,
        limiters: context.limiters,
        gate: context.gate,
        trace,
        timeout: {},
        hooks: {},
        signal: abort.signal,
        enter: guard && (() => guard.enter()),
      });
      attempt.recordEnd = call.startAttempt(model);
      const { concurrency } = attempt.admission;
      return { ok: true, value: { waited, concurrency } satisfies AdmissionGrant };
    } catch (thrown) {
      this.#attempts.delete(id);
      abort[Symbol.dispose]();
      return { ok: false, error: encodeError(thrown), value: { waited } satisfies AdmissionGrant };
    }
  }

  /** Withdraws an attempt. It may have been admitted in the meantime. */
  withdraw(id: number): void {
    const attempt = this.#attempts.get(id);
    this.#attempts.delete(id);
    if (attempt?.admission === undefined) {
      attempt?.abort.abort(new DOMException("The attempt was withdrawn", "AbortError"));
      return;
    }
    attempt.recordEnd?.(undefined);
    attempt.admission.report?.(undefined, performance.now());
    attempt.admission.cancel();
  }

  /** Releases the permits of an attempt that has ended, and settles its reservations. */
  attemptEnded(id: number, outcome: AttemptOutcome): void {
    const attempt = this.#attempts.get(id);
    if (attempt?.admission === undefined) return;
    attempt.admission.complete(outcome, performance.now());
    const { usage, estimated, details } = outcome;
    attempt.recordEnd?.({ usage, ...(estimated && { estimated }) }, details);
    // With a breaker the attempt is kept: its outcome is reported once the answer has been read.
    if (attempt.guard === undefined) this.#attempts.delete(id);
  }

  /** Reports the outcome of an attempt to its breaker, and returns whether the circuit is open. */
  reportOutcome(id: number, outcome: CircuitOutcome): boolean {
    const attempt = this.#attempts.get(id);
    this.#attempts.delete(id);
    const decoded = typeof outcome === "object" ? decodeError(outcome) as AgentError : outcome;
    attempt?.admission?.report?.(decoded, performance.now());
    return attempt?.guard?.isOpen() ?? false;
  }

  /** Releases everything after the worker has ended. What was in flight may have been billed. */
  releaseAll(): void {
    for (const [id, { admission }] of this.#attempts) {
      if (admission === undefined) {
        this.withdraw(id);
        continue;
      }
      this.#attempts.delete(id);
      admission.report?.(undefined, performance.now());
      admission.complete(UNKNOWN_OUTCOME, performance.now());
    }
  }
}

/** The outcome of an attempt whose worker has ended. */
const UNKNOWN_OUTCOME: AttemptOutcome = {
  usage: undefined,
  rejected: false,
  feedback: { outcome: "unknown" },
};

/** Sums up what an attempt has waited for, and records nothing else. */
class WaitTrace extends Trace {
  readonly waited = { concurrency: 0, requests: 0, tokens: 0, pause: 0, budget: 0 };

  override wait(waited: WaitTimes): void {
    for (const [reason, ms] of Object.entries(waited)) this.waited[reason as keyof WaitTimes] += ms;
  }
}
