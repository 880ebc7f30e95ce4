import { breakerOf, type CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { Guard, Outgoing } from "./outgoing.ts";

/** Returns the circuit breaker of the model as this call sees it. */
export function circuitGuard(
  { provider, request: { model }, trace }: Pick<Outgoing, "provider" | "request" | "trace">,
  options: CircuitBreakerOptions,
): Guard {
  const breaker = breakerOf(provider, model);
  const check = () => {
    const retryAfterMs = breaker.openFor(options, performance.now());
    if (retryAfterMs === 0) return;
    throw trace.make(
      `Cannot finish the call of "${trace.agent}" ` +
        `as the circuit for the model "${model}" is open after too many failures`,
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
