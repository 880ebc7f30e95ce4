import {
  checkOptions,
  isRecord,
  positiveInteger,
  positiveMs,
  refuse,
  type Rule,
  type Rules,
} from "../model/check_options.ts";
import type { AgentError } from "../model/result.ts";
import type { Provider } from "../model/provider.ts";
import { WeakList } from "../async/weak_list.ts";

/** When a model that keeps failing is left alone for a while. */
export interface CircuitBreakerOptions {
  /** So many failures open the circuit … */
  readonly failures: number;
  /**
   * … if they come within so many milliseconds.
   *
   * @default {60_000}
   */
  readonly within?: number;
  /**
   * How long it stays open, in milliseconds. Then single requests probe whether the model is back.
   *
   * @default {300_000}
   */
  readonly cooldown?: number;
  /**
   * How many probes may be on their way at the same time. The first that succeeds closes the circuit; one that fails
   * opens it again.
   *
   * @default {1}
   */
  readonly halfOpen?: number;
}

const RULES: Rules = {
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
 * What is known of one model: its latest failures, and until when it is left alone. Shared by all calls of the process, each of
 * which may judge it by options of its own.
 */
export class Breaker {
  /** When they came, oldest first: as many as matter to whoever asks for most. */
  #failures: number[] = [];
  #kept = 0;
  #openUntil: number | undefined;
  #probes = 0;

  /** How many milliseconds the circuit stays open: 0 if a request may be sent. */
  openFor(options: CircuitBreakerOptions, now: number): number {
    if (this.#openUntil === undefined) return 0;
    if (now < this.#openUntil) return this.#openUntil - now;
    // Half open. Who is not among the probes waits for what they tell.
    return this.#probes < (options.halfOpen ?? 1) ? 0 : 1;
  }

  /** Is the model left alone, and for how many milliseconds more; is it being probed; or is all well? */
  state(now: number): { readonly name: "closed" | "open" | "half open"; readonly forMs: number } {
    if (this.#openUntil === undefined) return { name: "closed", forMs: 0 };
    const forMs = Math.max(0, this.#openUntil - now);
    return { name: forMs > 0 ? "open" : "half open", forMs };
  }

  /**
   * A request is sent. What is given back must be told how it ended: with no error, with one, or, if it was aborted and tells
   * nothing, with `undefined`.
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
      // Of several probes the first that tells something decides; the others are then requests like any other.
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
    // The circuit opens if the oldest of the latest so many is young enough.
    const oldest = this.#failures.at(-failures);
    if (decides || (oldest !== undefined && now - oldest <= within)) {
      this.#openUntil = now + cooldown;
      this.#failures = [];
    }
  }
}

/** A model is to blame for what may go away by itself; a rate limit is not a failure, and our own mistakes are not its. */
function countsAgainst(error: AgentError): boolean {
  return error.retryable && error.code !== "rate_limited";
}

const breakers = new WeakMap<Provider, Map<string, Breaker>>();
const known = new WeakList<Provider>();

/** The breaker of a model at a provider: one in the process. */
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

/** A breaker, and the model that it watches. */
export interface KnownBreaker {
  /** The name of the provider. */
  readonly provider: string;
  /** The model. */
  readonly model: string;
  /** The breaker. */
  readonly breaker: Breaker;
}

/** All breakers of the process that exist now. */
export function* knownBreakers(): IterableIterator<KnownBreaker> {
  for (const provider of known) {
    for (const [model, breaker] of breakers.get(provider)!) {
      yield { provider: provider.name, model, breaker };
    }
  }
}
