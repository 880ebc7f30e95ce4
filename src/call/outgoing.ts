import type { CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { Admission } from "./admission.ts";
import type { Guard } from "./with_retries.ts";
import type { Outgoing } from "./send.ts";

/** What an attempt holds that was let out, here or elsewhere. */
export type Pass = Pick<Admission, "at" | "concurrency" | "tell" | "leave" | "cancel">;

/**
 * Where attempts ask to be let out if that is not decided in this isolate: in a worker, limits, budgets and breakers are those of the process
 * that started it.
 */
export interface Gate {
  /**
   * Waits until the attempt may go out. `here` looks after the limits and budgets that stand in this isolate.
   *
   * @throws {AgentError} With the code `budget` or `circuit_open`.
   * @throws The signal's reason, as soon as it aborts; then nothing is held.
   */
  admit(call: Outgoing, here: (call: Outgoing) => Pass | Promise<Pass>): Promise<Pass>;
  /** The breaker of the model that is asked. */
  guard(call: Outgoing, options: CircuitBreakerOptions): Guard;
}
