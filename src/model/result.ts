/** What a call gives: its result, and the error that a failure holds, which name each other. */
import type { ErrorCode, Issue } from "./errors.ts";
import type { FinishReason, ModelRequest } from "./message.ts";
import { type Cost, NO_USAGE, type Usage } from "./usage.ts";

/** One request that was sent to a model. */
export interface Attempt {
  /** The model that was asked. */
  readonly model: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** The HTTP status, where there was one and it was an error. */
  readonly status?: number;
  /** What went wrong, where it did. */
  readonly error?: {
    /** The kind of the error. */
    readonly code: ErrorCode;
    /** What happened. */
    readonly message: string;
  };
  /** How long the server asked to wait, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The adaptive concurrency when it was sent, if there is one. */
  readonly concurrency?: number;
  /** What it used, where the provider said. */
  readonly usage?: Usage;
  /**
   * True if the provider could not say what it used, so that `usage` is our estimate: the answer
   * was broken off.
   */
  readonly estimated?: true;
}

/** What can make a call wait beside the concurrency. */
export type LimitedBy = "requests" | "tokens" | "pause";

/** Where the time of a call went, in milliseconds. */
export interface Timing {
  /** Waiting for a place: the run's or the scope's `concurrency` was reached. */
  readonly queuedMs: number;
  /** Waiting for a rate limit, of ours or of the server's. */
  readonly limitedMs: number;
  /**
   * What kept it waiting longest of these: requests a minute, tokens a minute, or the server,
   * which had asked to be left alone. Absent if nothing did.
   */
  readonly limitedBy?: LimitedBy;
  /** Waiting between attempts. */
  readonly backoffMs: number;
  /** Waiting for the model, all attempts together. */
  readonly modelMs: number;
  /** Running tools: those that run at the same time count once, and with what they wait for. */
  readonly toolsMs: number;
  /**
   * From sending the last attempt until the server began to answer; only where the answer was
   * streamed and the provider tells.
   */
  readonly connectMs?: number;
  /** From sending the last attempt to its first token; only where the answer was streamed. */
  readonly firstTokenMs?: number;
  /** From the first token of the last attempt to its end; only where the answer was streamed. */
  readonly generationMs?: number;
}

/**
 * Why a tool gave no result.
 *
 * - `unknown_tool`: the agent has no such tool
 * - `invalid_args`: the arguments do not fit the tool's schema
 * - `threw`: the tool threw, or gave something that is not JSON
 * - `timeout`: its own time limit passed
 * - `aborted`: the call ended while it ran
 */
export type ToolErrorCode = "unknown_tool" | "invalid_args" | "threw" | "timeout" | "aborted";

/** A tool that the model asked for. */
export interface ToolCall {
  /** The provider's id of the request. */
  readonly id: string;
  /** The tool's name. */
  readonly name: string;
  /** The arguments, as the tool was given them; as the model wrote them if they do not fit. */
  readonly args: unknown;
  /** What the tool gave back. */
  readonly result?: unknown;
  /** What went wrong, where it did. The model was told the message in the place of a result. */
  readonly error?: {
    /** The kind of the error. */
    readonly code: ToolErrorCode;
    /** What happened. */
    readonly message: string;
  };
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
}

/** What every result tells, whether the call succeeded or not. */
export interface ResultBase {
  /** The agent's name. */
  readonly agent: string;
  /**
   * The model that answered, or the last one that was tried. Absent for an agent made of others.
   */
  readonly model?: string;
  /** Everything that was used, failed attempts included. */
  readonly usage: Usage;
  /** What that costs in US dollars. Absent where a price is not known: never a silent 0. */
  readonly cost?: Cost;
  /** Each request that was sent. */
  readonly attempts: readonly Attempt[];
  /** The tools that the model asked for, in that order. */
  readonly toolCalls: readonly ToolCall[];
  /**
   * How each call ended that was made within this one: by a `run`, a workflow, a tool. They are
   * counted in this result.
   */
  readonly children: readonly Result[];
  /** When the call began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How long the call took, in milliseconds. */
  readonly durationMs: number;
  /** Where that time went. */
  readonly timing: Timing;
  /** True if the first model failed and another one was asked. */
  readonly usedFallback: boolean;
  /**
   * True if the answer, with tools every answer, came from a cache, or from the request of an
   * identical call in flight: it cost nothing.
   */
  readonly cached: boolean;
  /** True if the answer came from a journal: it cost nothing this time. */
  readonly replayed: boolean;
  /** What the caller passed as `metadata`. */
  readonly metadata?: unknown;
  /**
   * Of a workflow: `success`, `partial` if only optional branches failed, or `error`. Absent for
   * an agent.
   */
  readonly status?: "success" | "partial" | "error";
  /** Of a parallel workflow: how each branch ended, by name. */
  readonly branches?: Readonly<Record<string, Result>>;
  /** Of a parallel workflow: the errors of the branches that failed, by name. */
  readonly errors?: Readonly<Record<string, AgentError | undefined>>;
  /** Of a pipeline or a router: how each step that was started ended, in order. */
  readonly steps?: readonly Result[];
  /** Of a router: the name of the route that was taken, or `default`. */
  readonly route?: string;
}

/** A call that succeeded. */
export interface Success<T = unknown> extends ResultBase {
  /** True: this is a success. */
  readonly ok: true;
  /** The answer. `false`, `0`, `""` and `null` are answers too. */
  readonly content: T;
  /** Why the model stopped. */
  readonly finishReason: FinishReason;
  /** Always absent. */
  readonly error?: undefined;
}

/**
 * What a call with `dryRun` would send: nothing was sent, so there is no content and nothing was
 * used.
 */
export interface DryRun extends Success<undefined> {
  /** The request, to the first model: what the provider would be handed. */
  readonly request: ModelRequest;
  /** The provider's name. */
  readonly provider: string;
}

/** A call that failed. */
export interface Failure extends ResultBase {
  /** False: this is a failure. */
  readonly ok: false;
  /** Always absent. */
  readonly content: undefined;
  /** What went wrong. */
  readonly error: AgentError;
}

let setResult: (error: AgentError, result: Failure) => void;

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

/**
 * Why a call failed. `call` throws it, a {@linkcode Failure} holds it.
 *
 * @example
 * ```ts
 * import { AgentError, defineAgent } from "@shoal/agents";
 * import { scripted } from "@shoal/agents/testing";
 *
 * const provider = scripted("hi");
 * const Echo = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider });
 * try {
 *   await Echo.call({ text: "hello" });
 * } catch (error) {
 *   if (!(error instanceof AgentError)) throw error;
 *   if (error.code === "rate_limited") console.log(error.retryAfterMs);
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
  #result: Failure | undefined;

  /** Creates an error; the library does this for you. */
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
   * The raw text of an answer that could not be used (`invalid_output`, `truncated`, `filtered`).
   * It is not enumerable, so that printing the error does not print it.
   */
  get text(): string | undefined {
    return this.#text;
  }

  /**
   * The whole failure, as `settle` returns it: of a workflow with its `status`, `branches` or
   * `steps`, whose partial results were paid for. Not enumerable, so that neither printing the
   * error nor `JSON.stringify` includes it. Absent while the call goes on (`onRetry`,
   * `retries.on`).
   */
  get result(): Failure | undefined {
    return this.#result;
  }

  static {
    setResult = (error, result) => {
      error.#result = result;
    };
  }
}

/**
 * Makes the failure the `result` of its error, and returns it. Called again with a copy of the
 * failure that has more in it, the copy replaces it.
 */
export function linkError<F extends Failure>(failure: F): F {
  setResult(failure.error, failure);
  return failure;
}

/**
 * How a call ended: a union on `ok`, so that one `if` narrows it.
 *
 * @example
 * ```ts
 * import type { Result } from "@shoal/agents";
 *
 * function show(result: Result<string>): string {
 *   return result.ok ? result.content : `${result.error.code}: ${result.error.message}`;
 * }
 * ```
 */
export type Result<T = unknown> = Success<T> | Failure;
