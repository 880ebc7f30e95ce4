import {
  checkOptions,
  isRecord,
  positiveInteger,
  positiveMs,
  refuse,
  type Rule,
  type RulesFor,
} from "../model/check_options.ts";
import type { AgentError } from "../model/result.ts";
import type { Provider } from "../model/provider.ts";
import { WeakList } from "../async/weak_list.ts";

/** Options of `circuitBreaker`: when requests to a failing model stop for a while. */
export interface CircuitBreakerOptions {
  /** The number of failures within the window that opens the circuit: a positive integer. */
  readonly failures: number;
  /**
   * The length of the window, in milliseconds, above 0.
   *
   * @default {60_000}
   */
  readonly within?: number;
  /**
   * How long the circuit stays open, in milliseconds, above 0. After that, single requests probe
   * the model.
   *
   * @default {300_000}
   */
  readonly cooldown?: number;
  /**
   * The maximum number of probes in flight: a positive integer. The first probe that succeeds
   * closes the circuit; one that fails opens it again.
   *
   * @default {1}
   */
  readonly halfOpen?: number;
}

const RULES: RulesFor<CircuitBreakerOptions> = {
  failures: positiveInteger,
  within: positiveMs,
  cooldown: positiveMs,
  halfOpen: positiveInteger,
};

/** The rule for an option `circuitBreaker`. */
export const circuitBreaker: Rule = (doing, name, value) => {
  if (!isRecord(value) || value.failures === undefined) {
    refuse(doing, name, "an object with at least `failures`", value);
  }
  checkOptions(`${doing}: ${name}`, value, RULES);
};

/**
 * The circuit of one model: its latest failures, and until when it is open. All calls of the
 * process share it, and each call may judge it by its own thresholds. That is why it is our own:
 * libraries bind the thresholds to the breaker.
 */
export class Breaker {
  /** The times of the latest failures, oldest first: as many as the highest threshold needs. */
  #failures: number[] = [];
  #kept = 0;
  #openUntil: number | undefined;
  #probes = 0;

  /** Returns for how many milliseconds the circuit stays open: 0 if a request may be sent. */
  openFor(options: CircuitBreakerOptions, now: number): number {
    if (this.#openUntil === undefined) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    // Half open: requests beyond the probes are rejected until a probe has ended.
    return this.#probes < (options.halfOpen ?? 1) ? 0 : 1;
  }

  /** Returns the state of the circuit, and for how many milliseconds more it is open. */
  state(now: number): { readonly name: "closed" | "open" | "half open"; readonly forMs: number } {
    if (this.#openUntil === undefined) return { name: "closed", forMs: 0 };
    const forMs = Math.max(0, this.#openUntil - now);
    return { name: forMs > 0 ? "open" : "half open", forMs };
  }

  /**
   * Registers a request that is sent now.
   *
   * @returns A function to call with the outcome: `"success"`, the error, or `undefined` if the
   * request was aborted and proves nothing.
   */
  enter(
    options: CircuitBreakerOptions,
    now: number,
  ): (outcome: "success" | AgentError | undefined, now: number) => void {
    const openUntil = this.#openUntil;
    const probing = openUntil !== undefined && now >= openUntil;
    if (probing) this.#probes++;
    return (outcome, ended) => {
      if (probing) this.#probes--;
      // The first probe with an outcome decides. The others then count as ordinary requests.
      const decides = probing && this.#openUntil === openUntil;
      if (outcome === "success") {
        if (decides) this.#openUntil = undefined;
      } else if (outcome !== undefined && countsAgainst(outcome)) {
        this.#fail(options, decides, ended);
      }
    };
  }

  #fail(
    { failures, within = 60_000, cooldown = 300_000 }: CircuitBreakerOptions,
    decides: boolean,
    now: number,
  ): void {
    if (this.#openUntil !== undefined && !decides) return;
    this.#kept = Math.max(this.#kept, failures);
    this.#failures.push(now);
    if (this.#failures.length > this.#kept) this.#failures.shift();
    // Opens the circuit if the latest `failures` failures lie within the window.
    const oldest = this.#failures.at(-failures);
    if (decides || (oldest !== undefined && now - oldest <= within)) {
      this.#openUntil = now + cooldown;
      this.#failures = [];
    }
  }
}

/** Whether the error counts as a failure of the model: rate limits and errors of ours do not. */
function countsAgainst(error: AgentError): boolean {
  return error.retryable && error.code !== "rate_limited";
}

const breakers = new WeakMap<Provider, Map<string, Breaker>>();
const known = new WeakList<Provider>();

/** Returns the process-wide breaker of a model at a provider. */
export function breakerOf(provider: Provider, model: string): Breaker {
  let models = breakers.get(provider);
  if (models === undefined) {
    breakers.set(provider, models = new Map());
    known.add(provider);
  }
  let breaker = models.get(model);
  if (breaker === undefined) models.set(model, breaker = new Breaker());
  return breaker;
}

/** A breaker with the model that it belongs to. */
export interface KnownBreaker {
  /** The name of the provider. */
  readonly provider: string;
  /** The model. */
  readonly model: string;
  /** The breaker. */
  readonly breaker: Breaker;
}

/** Iterates over the breakers of this process. */
export function* knownBreakers(): IterableIterator<KnownBreaker> {
  for (const provider of known) {
    for (const [model, breaker] of breakers.get(provider)!) {
      yield { provider: provider.name, model, breaker };
    }
  }
}
