/** What a pool and its workers say to each other. Everything in it can be cloned. */
import type { AttemptOutcome } from "../call/outgoing.ts";
import type { LimitOptions, ProviderLimits } from "../model/limits.ts";
import type { Usage } from "../model/usage.ts";
import type { CircuitBreakerOptions } from "../resilience/circuit_breaker.ts";
import type { CachedReply } from "../cache/cache_store.ts";
import type { CodedError } from "./error_codec.ts";
import type { CodedResult } from "./result_codec.ts";

/** What is said to a worker. */
export type ToWorker =
  | {
    readonly type: "start";
    /** The URL of the module that exports the agents. */
    readonly module: string;
    readonly settings: Settings;
  }
  | { readonly type: "configure"; readonly settings: Settings }
  | ({ readonly type: "call" } & Order)
  | { readonly type: "abort"; readonly id: number; readonly reason: CodedError }
  | ({ readonly type: "answer"; readonly n: number } & Answered);

/** What `configure` has set, as far as it can be cloned. */
export interface Settings {
  /** What goes over; `undefined` is back to its default. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Is there a provider, which cannot go over? */
  readonly hasProvider: boolean;
}

/** A call that a worker is to make. */
export interface Order {
  /** The call's number. */
  readonly id: number;
  /** The agent's export in the module. */
  readonly agent: string;
  readonly params: unknown;
  /** Do the parameters take the place of the prompt? */
  readonly asks: boolean;
  readonly options: Readonly<Record<string, unknown>>;
  /** Does somebody want the pieces of the answer? */
  readonly hasDelta: boolean;
  /** Does somebody want what code emits? */
  readonly hasEmit: boolean;
  /** Is there a limit on money above it? */
  readonly countsCost: boolean;
  readonly priority: number;
}

/** How a question ended. */
export type Answered =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: CodedError; readonly value?: unknown };

/** What a worker says. */
export type FromWorker =
  | {
    readonly type: "ready";
    readonly agents: readonly Found[];
    /** What the module has configured itself. */
    readonly configured: readonly string[];
  }
  | { readonly type: "broken"; readonly error: CodedError }
  | { readonly type: "dying"; readonly error: CodedError }
  | { readonly type: "done"; readonly id: number; readonly result: CodedResult }
  | { readonly type: "threw"; readonly id: number; readonly error: CodedError }
  | { readonly type: "ask"; readonly n: number; readonly id: number; readonly question: Question }
  | { readonly type: "withdraw"; readonly n: number }
  | ({ readonly type: "leave"; readonly n: number } & AttemptOutcome);

/** An agent that a module exports. */
export interface Found {
  /** The export's name. */
  readonly key: string;
  /** The agent's name. */
  readonly name: string;
  /** What it was defined with, part by part, as a hash. */
  readonly parts: Readonly<Record<string, string>>;
}

/** What a worker must have an answer to. */
export type Question =
  | { readonly kind: "delta"; readonly text: string }
  | { readonly kind: "emit"; readonly agent: string; readonly data: unknown }
  | ({ readonly kind: "admit" } & Asking)
  | { readonly kind: "told"; readonly pass: number; readonly outcome: Outcome }
  | { readonly kind: "look-up"; readonly key: string }
  | {
    readonly kind: "keep";
    readonly key: string;
    readonly reply: CachedReply;
    readonly ttl: number;
  };

/** An attempt that wants to go out. */
export interface Asking {
  /** The agent's name; it may be one that is called within the call. */
  readonly agent: string;
  /** The agent's own limits. */
  readonly limits?: LimitOptions;
  readonly provider: ProviderNote;
  readonly model: string;
  /** What it will use, about. */
  readonly expected: Usage;
  readonly priority: number;
  readonly breaker?: CircuitBreakerOptions;
}

/** What is known of a provider in another isolate. */
export interface ProviderNote {
  readonly name: string;
  readonly id?: string;
  readonly limits?: ProviderLimits;
  /** Which of the providers that its agent names it is; -1 if it is none of them. */
  readonly place: number;
}

/** How long an attempt has waited, in milliseconds, and the concurrency that was found out. */
export interface Passed {
  readonly waited: Readonly<Record<"concurrency" | "requests" | "tokens" | "pause", number>>;
  readonly concurrency?: number;
}

/** What a breaker is told of an attempt: `undefined` is nothing. */
export type Outcome = "success" | CodedError | undefined;
