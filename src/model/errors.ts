/**
 * Error codes, and the errors of providers and runs. The error of a call, `AgentError`, is in
 * `result.ts`: it and the result that it belongs to name each other.
 */
import type { RateReport } from "./rate_report.ts";
import type { RejectedRequest } from "./response_info.ts";
import type { Billing, ReportedCost, Usage } from "./usage.ts";

/**
 * The kind of an error.
 *
 * - `invalid_params`: the parameters do not fit the prompt; nothing was sent
 * - `invalid_output`: the answer does not fit the schema, or the server could not parse it
 * - `timeout`: a time limit of the call or of the run passed
 * - `aborted`: the caller's signal fired, or the run was stopped
 * - `rate_limited`: the server answered 429
 * - `network`: no answer, as the connection was refused or reset or the host is unreachable
 * - `provider`: the server rejected the request, failed or sent an invalid answer
 * - `circuit_open`: too many recent failures, so nothing was sent
 * - `exhausted`: more than one model was tried and all failed
 * - `budget`: the budget of cost, tokens or calls is spent
 * - `tool`: your own code threw, such as a prompt function, a `run`, a hook or a schema; or the
 *   model never stopped requesting tools
 * - `truncated`: the answer was cut off
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

/** One issue that a schema found. */
export interface Issue {
  /** The message. */
  readonly message: string;
  /** The path of the value, as keys from the root. */
  readonly path?: readonly PropertyKey[];
}

/** Options of the constructor of {@linkcode ProviderError}. */
export interface ProviderErrorOptions extends Billing {
  /** The kind of the error. */
  code: ErrorCode;
  /** The HTTP status, if there was one. */
  status?: number;
  /** The wait that the server requested, in milliseconds. */
  retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  retryable: boolean;
  /** The state of the server's rate limits, if it reports them. */
  rates?: RateReport;
  /** The text received before the failure. */
  text?: string;
  /** The requests that the server rejected before this one was sent in another form. */
  rejections?: readonly RejectedRequest[];
  /** The error that caused it. */
  cause?: unknown;
}

/**
 * The error that a {@linkcode Provider} throws. The adapter classifies it once, by status and code.
 * The caller receives it as the `cause` of an {@linkcode AgentError}.
 */
export class ProviderError extends Error {
  /** The name of the class. */
  override readonly name = "ProviderError";
  /** The kind of the error. */
  readonly code: ErrorCode;
  /** The HTTP status, if there was one. */
  readonly status?: number;
  /** The wait that the server requested, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** The usage, if the request was billed despite the error. */
  readonly usage?: Usage;
  /** The cost, if the server reports it. */
  readonly cost?: ReportedCost;
  /** The service tier that processed the request, if the server reports it. */
  readonly serviceTier?: string;
  /** The part of `usage.cacheWriteTokens` that is kept for an hour, if the server reports it. */
  readonly longCacheWriteTokens?: number;
  /** The model that answered as the server names it, if it is another name than the request's. */
  readonly servedModel?: string;
  /** The state of the server's rate limits, if it reports them. */
  readonly rates?: RateReport;
  /** The requests that the server rejected before this one was sent in another form. */
  readonly rejections?: readonly RejectedRequest[];
  readonly #text: string | undefined;

  /** Creates an error. The message must contain neither keys nor prompts. */
  constructor(message: string, options: ProviderErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code;
    this.status = options.status;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable;
    this.usage = options.usage;
    this.cost = options.cost;
    this.serviceTier = options.serviceTier;
    this.longCacheWriteTokens = options.longCacheWriteTokens;
    this.servedModel = options.servedModel;
    this.rates = options.rates;
    if (options.rejections !== undefined) this.rejections = options.rejections;
    this.#text = options.text;
  }

  /**
   * The text received before the failure. It is not enumerable, so that printing the error does
   * not print it.
   */
  get text(): string | undefined {
    return this.#text;
  }
}

/**
 * The error of a run that ended early: it was aborted, a call failed and `throwOnError` was set, a
 * callback or the source threw, or the journal failed. It carries the finished results, so that
 * nothing that was paid for is lost.
 */
export class RunError extends Error {
  /** The name of the class. */
  override readonly name = "RunError";
  /** The errors that were thrown, in order. */
  readonly errors: readonly unknown[];
  /**
   * The finished results, by input index; `undefined` for calls that did not finish. Empty for a
   * `stream`, which has yielded its results, and for a `scope`.
   */
  // deno-lint-ignore no-explicit-any
  readonly results: readonly any[];

  /**
   * Creates an error; the library does this for you. `cause` is the error or abort reason that
   * ended the run.
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
 * The longest wait that a server may ask for, in milliseconds, where no time limit of the call says
 * how long it may take. A call fails at once if it is asked to wait longer.
 */
export const LONGEST_RETRY_AFTER = 3_600_000;

/**
 * A longer wait, in milliseconds, is a long one: a fallback model is called instead, and a run of
 * the command line stops when a row cannot wait for it.
 */
export const LONG_WAIT = 60_000;

/** The longest pause of a model, in milliseconds: no quota takes more than a day to renew. */
export const LONGEST_PAUSE = 86_400_000;

/**
 * Whether a server asks for a wait of this length, in milliseconds. 0 and invalid values are no
 * wait.
 */
export function isWait(ms: number | undefined): ms is number {
  return ms !== undefined && ms > 0 && Number.isFinite(ms);
}

/**
 * Whether the call failed as the server asks for a long wait. Such a failure says nothing about the
 * call itself.
 */
export function isLongWait(
  { code, retryAfterMs }: { readonly code: ErrorCode; readonly retryAfterMs?: number },
): boolean {
  return (code === "rate_limited" || code === "exhausted") && isWait(retryAfterMs) &&
    retryAfterMs > LONG_WAIT;
}

/** Returns the code for an abort reason: `timeout` for a time limit, otherwise `aborted`. */
export function abortCode(reason: unknown): "timeout" | "aborted" {
  return reason instanceof DOMException && reason.name === "TimeoutError" ? "timeout" : "aborted";
}
