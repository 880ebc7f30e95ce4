import type { RateReport } from "./rate_report.ts";
import type { Attempt } from "./result.ts";
import { NO_USAGE, type Usage } from "./usage.ts";

/**
 * What kind of thing went wrong.
 *
 * - `invalid_params`: the parameters do not fit the prompt; nothing was sent
 * - `invalid_output`: the answer does not fit the schema
 * - `timeout`: a time limit of the call or of the run passed
 * - `aborted`: the caller's signal fired, or the run was stopped
 * - `rate_limited`: the server said 429
 * - `network`: no answer: refused, reset, unreachable
 * - `provider`: the server refused, failed or answered nonsense
 * - `circuit_open`: too many recent failures, so nothing was sent
 * - `exhausted`: more than one model was tried and all failed
 * - `budget`: the money, tokens or calls allowed are used up
 * - `tool`: code of yours that the agent runs threw, or the model asked for tools without end
 * - `truncated`: the answer ended before its end
 * - `filtered`: the model refused, or a content filter stopped it
 */
export type ErrorCode =
  | "invalid_params"
  | "invalid_output"
  | "timeout"
  | "aborted"
  | "rate_limited"
  | "network"
  | "provider"
  | "circuit_open"
  | "exhausted"
  | "budget"
  | "tool"
  | "truncated"
  | "filtered";

/** Everything an {@linkcode AgentError} carries beside its message. */
export interface AgentErrorOptions {
  /** The kind of the error. */
  code: ErrorCode;
  /** The agent's name. */
  agent: string;
  /** The model that was tried last. */
  model?: string;
  /** Each request that was sent. */
  attempts?: readonly Attempt[];
  /** Everything that was used. */
  usage?: Usage;
  /** The HTTP status of the last attempt. */
  status?: number;
  /** How long the server asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  retryable?: boolean;
  /** What the schema found wrong with the answer. */
  issues?: readonly Issue[];
  /** The raw text of an answer that could not be used. */
  text?: string;
  /** What caused it. */
  cause?: unknown;
}

/** One thing that a schema found wrong. */
export interface Issue {
  /** What is wrong. */
  readonly message: string;
  /** Where, as keys from the root. */
  readonly path?: readonly PropertyKey[];
}

/**
 * Why a call failed. `call` throws it, a {@linkcode Failure} holds it.
 *
 * @example
 * ```ts
 * import { AgentError, defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider: scripted("hi") });
 * try {
 *   await Echo.call({ text: "hello" });
 * } catch (error) {
 *   if (error instanceof AgentError && error.code === "rate_limited") console.log(error.retryAfterMs);
 *   else throw error;
 * }
 * ```
 */
export class AgentError extends Error {
  /** The name of the class. */
  override readonly name = "AgentError";
  /** The kind of the error. */
  readonly code: ErrorCode;
  /** The agent's name. */
  readonly agent: string;
  /** The model that was tried last, if any was. */
  readonly model?: string;
  /** Each request that was sent. */
  readonly attempts: readonly Attempt[];
  /** Everything that was used, failed attempts included. */
  readonly usage: Usage;
  /** The HTTP status of the last attempt, where there was one. */
  readonly status?: number;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether another attempt may succeed: the default of `retries.on`. */
  readonly retryable: boolean;
  /** What the schema found wrong with the answer (`invalid_output`). */
  readonly issues?: readonly Issue[];
  readonly #text: string | undefined;

  /** Makes an error; the library does this for you. */
  constructor(message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.agent = options.agent;
    this.model = options.model;
    this.attempts = options.attempts ?? [];
    this.usage = options.usage ?? NO_USAGE;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable ?? false;
    this.issues = options.issues;
    this.#text = options.text;
  }

  /**
   * The raw text of an answer that could not be used (`invalid_output`, `truncated`, `filtered`). It is not
   * enumerable, so that printing the error does not print it.
   */
  get text(): string | undefined {
    return this.#text;
  }
}

/** Everything a {@linkcode ProviderError} carries beside its message. */
export interface ProviderErrorOptions {
  /** The kind of the error. */
  code: ErrorCode;
  /** The HTTP status, where there was one. */
  status?: number;
  /** How long the server asked to wait, in milliseconds. */
  retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  retryable: boolean;
  /** What was used all the same. */
  usage?: Usage;
  /** Where the server's rate limits stand, if it says. */
  rates?: RateReport;
  /** The text that came before it failed. */
  text?: string;
  /** What caused it. */
  cause?: unknown;
}

/**
 * What a {@linkcode Provider} throws. It is classified once, in the adapter, by status and code; the
 * caller sees it as the `cause` of an {@linkcode AgentError}.
 */
export class ProviderError extends Error {
  /** The name of the class. */
  override readonly name = "ProviderError";
  /** The kind of the error. */
  readonly code: ErrorCode;
  /** The HTTP status, where there was one. */
  readonly status?: number;
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** What was used all the same. */
  readonly usage?: Usage;
  /** Where the server's rate limits stand, if it says. */
  readonly rates?: RateReport;
  readonly #text: string | undefined;

  /** Makes an error. The message must hold no key and no prompt. */
  constructor(message: string, options: ProviderErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable;
    this.usage = options.usage;
    this.rates = options.rates;
    this.#text = options.text;
  }

  /** The text that came before it failed. It is not enumerable, so that printing the error does not print it. */
  get text(): string | undefined {
    return this.#text;
  }
}

/**
 * A run of many calls that could not go on: it carries everything that was done until then, so
 * that nothing that was paid for is lost.
 */
export class RunError extends Error {
  /** The name of the class. */
  override readonly name = "RunError";
  /** What was thrown, in the order in which it happened. */
  readonly errors: readonly unknown[];
  /** What was finished, by input index; `undefined` where there is nothing. */
  // deno-lint-ignore no-explicit-any
  readonly results: readonly any[];

  /** Makes an error; the library does this for you. */
  constructor(
    message: string,
    options: { errors: readonly unknown[]; results: readonly unknown[]; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors;
    this.results = options.results;
  }
}

/** What an abort signal's reason means: a time limit or the caller's wish. */
export function abortCode(reason: unknown): "timeout" | "aborted" {
  return reason instanceof DOMException && reason.name === "TimeoutError" ? "timeout" : "aborted";
}
