/** The messages between a pool and its workers. All of them can be cloned. */
import type { AttemptOutcome, RequestSize } from "../call/outgoing.ts";
import type { WaitTimes } from "../limits/permits.ts";
import type { DigitsAt } from "../model/digits.ts";
import type { LimitOptions, ProviderLimits } from "../model/limits.ts";
import type { Usage } from "../model/usage.ts";
import type { CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { CachedReply } from "../cache/cache_store.ts";
import type { EncodedError } from "./error_codec.ts";
import type { EncodedResult } from "./result_codec.ts";

/** A message from the pool to a worker. */
export type PoolMessage =
  | {
    readonly type: "start";
    /** The URL of the module that exports the agents. */
    readonly module: string;
    /** Whether the module must use the package's copy that runs the worker. */
    readonly sharesCopy: boolean;
    /** Whether stacks have the places in the sources of compiled files, as in this thread. */
    readonly mapsSources: boolean;
    readonly settings: WorkerSettings;
  }
  | { readonly type: "configure"; readonly settings: WorkerSettings }
  | ({ readonly type: "call" } & CallRequest)
  | { readonly type: "abort"; readonly callId: number; readonly reason: EncodedError }
  | ({ readonly type: "response"; readonly requestId: number } & RequestOutcome);

/** The settings of `configure` that can be cloned. */
export interface WorkerSettings {
  /** The options to set; `undefined` restores a default. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether a provider is configured. It cannot be cloned. */
  readonly hasProvider: boolean;
}

/** A call for a worker to run. */
export interface CallRequest {
  readonly callId: number;
  /** The name of the agent's export in the module. */
  readonly agent: string;
  readonly params: unknown;
  /** The digits of numbers in `params`, which cloning loses. */
  readonly digits: readonly DigitsAt[];
  /** Whether `params` is a prompt, as given to `agent.ask`. */
  readonly isPrompt: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** Whether the caller listens to the deltas of the answer. */
  readonly wantsDeltas: boolean;
  /** Whether the caller listens to what `run` functions emit. */
  readonly wantsEmits: boolean;
  /** Whether a budget above the call limits its cost. */
  readonly countsCost: boolean;
  readonly priority: number;
}

/** How a request ended: with a value, or with an error. */
export type RequestOutcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: EncodedError; readonly value?: unknown };

/** A message from a worker to the pool. */
export type WorkerMessage =
  /** The worker receives messages from now on. Deno drops those that arrive earlier. */
  | { readonly type: "listening" }
  | {
    readonly type: "ready";
    readonly agents: readonly AgentExport[];
    /** The names of the options that the module has configured itself. */
    readonly configured: readonly string[];
  }
  | { readonly type: "load-failed"; readonly error: EncodedError }
  | { readonly type: "crashed"; readonly error: EncodedError }
  | { readonly type: "result"; readonly callId: number; readonly result: EncodedResult }
  | { readonly type: "call-threw"; readonly callId: number; readonly error: EncodedError }
  | {
    readonly type: "request";
    readonly requestId: number;
    /** The call that the request belongs to; 0 for none. */
    readonly callId: number;
    readonly request: PoolRequest;
  }
  | { readonly type: "cancel-request"; readonly requestId: number }
  | ({ readonly type: "attempt-ended"; readonly admissionId: number } & AttemptOutcome);

/** An agent that a module exports. */
export interface AgentExport {
  /** The name of the export. */
  readonly key: string;
  /** The name of the agent. */
  readonly name: string;
  /** The fingerprint: a hash for each part of its definition. */
  readonly parts: Readonly<Record<string, string>>;
}

/** A message of a worker that the pool answers with a response. */
export type PoolRequest =
  | { readonly type: "delta"; readonly text: string }
  | { readonly type: "emit"; readonly agent: string; readonly data: unknown }
  | ({ readonly type: "admit" } & AdmissionRequest)
  | {
    readonly type: "circuit-outcome";
    readonly admissionId: number;
    readonly outcome: CircuitOutcome;
  }
  | { readonly type: "cache-get"; readonly key: string }
  | {
    readonly type: "cache-set";
    readonly key: string;
    readonly reply: CachedReply;
    readonly ttl: number;
  };

/** Asks the pool to admit an attempt. */
export interface AdmissionRequest {
  /** The agent's name. It may be an agent that is called within the call. */
  readonly agent: string;
  /** The agent's own limits. */
  readonly limits?: LimitOptions;
  readonly provider: ProviderInfo;
  readonly model: string;
  /** The estimated usage. */
  readonly expected: Usage;
  /** The size of the request, from which budgets reserve. */
  readonly size: RequestSize;
  readonly priority: number;
  /** The longest pause of its model that the attempt waits for, in milliseconds. */
  readonly longestPause: number;
  readonly breaker?: CircuitBreakerOptions;
}

/** Identifies a provider to another isolate. */
export interface ProviderInfo {
  readonly name: string;
  readonly id?: string;
  readonly limits?: ProviderLimits;
  /** The URL of its server, for prices. */
  readonly baseURL?: string;
  /** The vendor of the model that the attempt is for, for prices. */
  readonly vendor?: string;
  /** Its index in the list of providers of its agent; -1 if it is not one of them. */
  readonly index: number;
}

/** The pool's answer to an admitted attempt. */
export interface AdmissionGrant {
  /** How long the attempt has waited, by reason, in milliseconds. */
  readonly waited: Readonly<Required<WaitTimes>>;
  /** The concurrency that an adaptive limit allows, if there is one. */
  readonly concurrency?: number;
}

/** The outcome of an attempt for its circuit breaker; `undefined` counts neither way. */
export type CircuitOutcome = "success" | EncodedError | undefined;
