/**
 * Error codes, and the errors of providers and runs. The error of a call, `AgentError`, is in
 * `result.ts`: it and the result that it belongs to name each other.
 */
import type { RateReport } from "./rate_report.ts";
import type { Usage } from "./usage.ts";

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

/** One thing that a schema found wrong. */
export interface Issue {
  /** What is wrong. */
  readonly message: string;
  /** Where, as keys from the root. */
  readonly path?: readonly PropertyKey[];
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
 * What a {@linkcode Provider} throws. It is classified once, in the adapter, by status and code;
 * the caller sees it as the `cause` of an {@linkcode AgentError}.
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

  /**
   * The text that came before it failed. It is not enumerable, so that printing the error does
   * not print it.
   */
  get text(): string | undefined {
    return this.#text;
  }
}

/**
 * A run of many calls ended early: it was aborted, a call failed and `throwOnError` was set, a
 * callback or the source threw, or the journal failed. It carries everything that was finished by
 * then, so that nothing that was paid for is lost.
 */
export class RunError extends Error {
  /** The name of the class. */
  override readonly name = "RunError";
  /** What was thrown, in the order in which it happened. */
  readonly errors: readonly unknown[];
  /**
   * What was finished, by input index; `undefined` where nothing was. Empty for a `stream`, which
   * has handed out its results, and for a `scope`.
   */
  // deno-lint-ignore no-explicit-any
  readonly results: readonly any[];

  /**
   * Creates an error; the library does this for you. `cause` is the first thing that ended the
   * run.
   */
  constructor(
    message: string,
    options: { errors: readonly unknown[]; results: readonly unknown[]; cause?: unknown },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.errors = options.errors;
    this.results = options.results;
  }
}

/**
 * A longer `Retry-After` than this, in milliseconds, is ignored: the backoff policy decides then.
 */
export const LONGEST_RETRY_AFTER = 60_000;

/** The code for an abort reason: a time limit or the caller's wish. */
export function abortCode(reason: unknown): "timeout" | "aborted" {
  return reason instanceof DOMException && reason.name === "TimeoutError" ? "timeout" : "aborted";
}

/** The message of what was thrown, to be appended to another message. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error && thrown.message !== "") return thrown.message;
  return typeof thrown === "string" && thrown !== "" ? thrown : "it threw no error with a message";
}
