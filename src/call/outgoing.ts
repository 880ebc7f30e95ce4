/** One request on its way to a model, and what it has to pass before it may be sent. */
import type { Budget } from "../limits/budget.ts";
import type { Feedback } from "../limits/feedback.ts";
import type { InputSize } from "../limits/input_history.ts";
import type { Limiter } from "../limits/limiter.ts";
import type { ModelRequest } from "../model/message.ts";
import type { Provider } from "../model/provider.ts";
import type { Usage } from "../model/usage.ts";
import type { PriceDetails } from "../pricing/price_details.ts";
import type { Breaker, CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { TimeoutOptions } from "./options/timeouts.ts";
import type { CallHooks, ModelAgent } from "./options/model_agent.ts";
import type { Trace } from "./trace.ts";

/** A request to one model. */
export interface Outgoing {
  readonly agent: ModelAgent;
  readonly provider: Provider;
  readonly request: ModelRequest;
  readonly timeout: TimeoutOptions;
  readonly hooks: CallHooks;
  readonly signal: AbortSignal;
  readonly priority: number;
  /** Whether a fallback model can be called instead of a long wait. */
  readonly hasFallback?: boolean;
  /**
   * The longest pause of its model that it waits for, in milliseconds, if another isolate set it.
   */
  readonly longestPause?: number;
  /** The budgets of the call, the run and the scopes around it. */
  readonly budgets: readonly Budget[];
  /** The limiters of the run and the scopes around the call, innermost first. */
  readonly limiters: readonly Limiter[];
  /** Admits each attempt, where limits, budgets and breakers are those of another isolate. */
  readonly gate: Gate | undefined;
  readonly trace: Trace;
  /**
   * Called just before the request is sent. Returns a function that reports the outcome to the
   * circuit breaker. Throws if the circuit is open.
   */
  readonly enter?: Guard["enter"];
  /** The options of the circuit breaker; set only where a gate needs them. */
  readonly breaker?: CircuitBreakerOptions;
  /** The expected usage, if another isolate has estimated it. */
  readonly expected?: Usage;
  /** The size of the request, if another isolate has measured it. */
  readonly size?: RequestSize;
  /** The state that both requests of a hedged pair share. */
  readonly pair?: HedgedPair;
  /** Whether this is the second request of a hedged pair: its waiting does not count. */
  readonly duplicate?: boolean;
  /** Called when the reply or the error has come, before the permits are released. */
  readonly ended?: () => void;
  /** Whether this request of a hedged pair may emit deltas. */
  readonly first?: () => boolean;
}

/** The size of a request, as far as budgets need it. */
export interface RequestSize extends InputSize {
  /** The limit of the output tokens; absent if there is none. */
  readonly maxTokens?: number;
}

/** The state that both requests of a hedged pair share. */
export interface HedgedPair {
  /** The usage of the request that was answered first. */
  usage?: Usage;
}

/** The circuit breaker of one model, as a call sees it. */
export interface Guard {
  /** Throws if the circuit is open. */
  check(): void;
  /** Whether the circuit is open. */
  isOpen(): boolean;
  /**
   * Called when the request is sent. Returns a function that reports the outcome. Throws if the
   * circuit is open.
   */
  enter(): ReturnType<Breaker["enter"]> | undefined;
  /** Waits until the breaker knows the outcome of the last attempt, if it is in another isolate. */
  reported?(): Promise<void>;
}

/** What an attempt holds once it is admitted, in this isolate or in another one. */
export interface Pass {
  /** When it was admitted, as given by `performance.now()`. */
  readonly at: number;
  /** The adaptive concurrency at that time, if there is any. */
  readonly concurrency: number | undefined;
  /** Reports the outcome to the circuit breaker. */
  readonly report: ReturnType<Breaker["enter"]> | undefined;
  /**
   * Releases the permits and settles the budgets. If the usage is unknown and the server did not
   * reject the request, the estimate is charged: it may have been billed.
   */
  complete(outcome: AttemptOutcome, now: number): void;
  /** Releases everything, as nothing was sent. */
  cancel(): void;
}

/** What an attempt used, and what its outcome says about the server's limits. */
export interface AttemptOutcome {
  /** What it used, if that is known. */
  readonly usage: Usage | undefined;
  /** What its price depends on, once there is a reply or an error. */
  readonly details?: PriceDetails;
  /** Whether the server rejected the request. */
  readonly rejected: boolean;
  /** What the reply says about the server's limits. */
  readonly feedback: Feedback;
  /** Whether the usage is an estimate. Nothing is learned from estimates. */
  readonly estimated?: boolean;
  /** The usage that budgets are charged if none was reported. */
  readonly assumed?: Usage;
}

/**
 * Admits the attempts of a worker: limits, budgets and breakers are in the process that started it.
 */
export interface Gate {
  /**
   * Waits until the attempt is admitted. `here` acquires the limits and budgets of this isolate.
   *
   * @throws {AgentError} With the code `budget` or `circuit_open`.
   * @throws The signal's reason, as soon as it aborts; then nothing is held.
   */
  admit(call: Outgoing, here: (call: Outgoing) => Pass | Promise<Pass>): Promise<Pass>;
  /** The circuit breaker of the model. */
  guard(call: Outgoing, options: CircuitBreakerOptions): Guard;
}
