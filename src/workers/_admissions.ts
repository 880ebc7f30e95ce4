/** Lets the attempts of one worker out, through the limits, budgets and breakers of this process. */
import { type Admission, admit } from "../agent/admit.ts";
import type { ModelAgent } from "../agent/call.ts";
import { configuration } from "../agent/config.ts";
import { type Guard, guardOf } from "../agent/retried.ts";
import { Trace } from "../agent/trace.ts";
import { ChildAbort } from "../model/abort.ts";
import type { AgentError } from "../model/errors.ts";
import { loadPrices } from "../telemetry/prices.ts";
import type { Call } from "./_call.ts";
import { decodeError, encodeError } from "./_errors.ts";
import type { Answered, Asking, Leaving, Outcome, Passed } from "./_messages.ts";
import type { Providers } from "./_providers.ts";

/** An attempt that waits, or is on the wire. */
interface Pass {
  readonly call: Call;
  readonly model: string;
  readonly abort: ChildAbort;
  readonly guard: Guard | undefined;
  /** Absent while it waits. */
  admission?: Admission;
  startedAt: number;
  began: number;
}

/** The attempts of one worker, by the number of their question. */
export class Admissions {
  readonly #providers: Providers;
  readonly #passes = new Map<number, Pass>();

  /** With what is known of the providers. */
  constructor(providers: Providers) {
    this.#providers = providers;
  }

  /** Waits until the attempt may go out. Never throws. */
  async admit(n: number, asking: Asking, call: Call): Promise<Answered> {
    const { agent: name, model, expected, priority, breaker } = asking;
    const { context } = call;
    const { limiter, provider } = this.#providers.asker(call.agent, asking);
    const trace = new Trace(name, model, context, undefined);
    const agent: ModelAgent = { name, limiter, seen: {}, render: () => "" };
    const request = { model, messages: [], settings: {} };
    const guard = breaker && guardOf({ provider, request, trace }, breaker);
    const abort = new ChildAbort();
    const pass: Pass = { call, model, abort, guard, startedAt: 0, began: 0 };
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
        trace,
        limits: {},
        hooks: {},
        signal: abort.signal,
        enter: guard && (() => guard.enter()),
      });
      pass.startedAt = Date.now();
      pass.began = performance.now();
      call.sent = true;
      return { ok: true, value: passed(trace, pass.admission) };
    } catch (thrown) {
      this.#passes.delete(n);
      abort[Symbol.dispose]();
      return { ok: false, error: encodeError(thrown), value: passed(trace) };
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
    pass.admission.tell?.(undefined, performance.now());
    pass.admission.cancel();
  }

  /** The attempt has ended. */
  leave(n: number, { usage, no, answer, estimated }: Leaving): void {
    const pass = this.#passes.get(n);
    if (pass?.admission === undefined) return;
    pass.admission.leave(usage, no, answer, estimated);
    const { call, model, startedAt, began } = pass;
    const durationMs = performance.now() - began;
    const attempt = { model, startedAt, durationMs, usage };
    call.attempted(estimated ? { ...attempt, estimated } : attempt);
    // Its breaker is told when the answer was read.
    if (pass.guard === undefined) this.#passes.delete(n);
  }

  /** Tells the breaker how an attempt ended, and gives whether the model is left alone now. */
  told(n: number, outcome: Outcome): boolean {
    const pass = this.#passes.get(n);
    this.#passes.delete(n);
    const how = typeof outcome === "object" ? decodeError(outcome) as AgentError : outcome;
    pass?.admission?.tell?.(how, performance.now());
    return pass?.guard?.isOpen() ?? false;
  }

  /** The worker has ended, and with it whatever it had on the wire. That may well have been billed. */
  release(): void {
    for (const [n, pass] of this.#passes) {
      const { admission, call, model, startedAt, began } = pass;
      if (admission === undefined) {
        this.withdraw(n);
        continue;
      }
      this.#passes.delete(n);
      admission.tell?.(undefined, performance.now());
      admission.leave(undefined, false, { heard: "nothing" });
      const error = { code: "tool", message: "Its worker ended" } as const;
      call.attempted({ model, startedAt, durationMs: performance.now() - began, error });
    }
  }
}

/** What an attempt has waited for. */
function passed(trace: Trace, admission?: Admission): Passed {
  const { queuedMs: concurrency, limited } = trace;
  return { waited: { concurrency, ...limited }, concurrency: admission?.concurrency };
}
