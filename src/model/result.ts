/** The result of a call, and the error that a failure holds: the two types refer to each other. */
import type { Attempt } from "./attempt.ts";
import type { ErrorCode, Issue } from "./errors.ts";
import type { FinishReason, Message, ModelRequest } from "./message.ts";
import type { ResponseInfo } from "./response_info.ts";
import type { Spent } from "./spent.ts";
import type { Timing } from "./timing.ts";
import type { ToolCall } from "./tool_call.ts";
import { type Cost, NO_USAGE, type Usage } from "./usage.ts";

/** The members of every result, of a success or a failure. */
export interface ResultBase {
  /** The agent's name. */
  readonly agent: string;
  /**
   * The model that answered, or the last one that was tried. Absent for agents without a model of
   * their own.
   */
  readonly model?: string;
  /** The total usage, failed attempts included. */
  readonly usage: Usage;
  /** The cost of that, in US dollars. Absent if a price is unknown: never a silent 0. */
  readonly cost?: Cost;
  /** Each request that was sent. */
  readonly attempts: readonly Attempt[];
  /** The tool calls that the model requested, in order. */
  readonly toolCalls: readonly ToolCall[];
  /**
   * The results of all calls made inside this one, by a `run`, a workflow or a tool. This result
   * includes their usage and attempts.
   */
  readonly children: readonly Result[];
  /** When the call began, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How long the call took, in milliseconds. */
  readonly durationMs: number;
  /** The parts of that duration. */
  readonly timing: Timing;
  /** True if the first model failed and a fallback was used. */
  readonly usedFallback: boolean;
  /**
   * True if all answers came from a cache, or from the request of an identical call in flight. Such
   * a call cost nothing.
   */
  readonly cached: boolean;
  /** True if the answer came from a journal: it cost nothing this time. */
  readonly replayed: boolean;
  /**
   * The part of `usage` and `cost` that came from a journal, as an earlier start of the item had
   * finished some rounds, steps or branches: it cost nothing this time. Absent if there is none,
   * and if the whole result is `replayed`.
   */
  readonly resumed?: Spent;
  /** The `metadata` that the caller passed. */
  readonly metadata?: unknown;
  /**
   * What the server sent with the last answer, if the provider's option `raw` is set. Absent for
   * cached answers. Journals keep it only with `store: "all"`.
   */
  readonly response?: ResponseInfo;
  /**
   * Of a workflow: `success`, `partial` if only optional branches failed, or `error`. Absent for
   * an agent.
   */
  readonly status?: "success" | "partial" | "error";
  /** Of a parallel workflow: the result of each branch, by name. */
  readonly branches?: Readonly<Record<string, Result>>;
  /** Of a parallel workflow: the errors of the branches that failed, by name. */
  readonly errors?: Readonly<Record<string, AgentError | undefined>>;
  /** Of a pipeline or a router: the result of each step that was started, in order. */
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
  /**
   * The text of the model's reasoning, if the option `reasoning` is set and the server sent it. A
   * call with tools has that of all answers, separated by an empty line.
   */
  readonly reasoning?: string;
  /** Always absent. */
  readonly error?: undefined;
}

/**
 * The result of a call with `dryRun`: the request that would be sent. Nothing was sent, so there is
 * no content and no usage.
 */
export interface DryRun extends Success<undefined> {
  /** The request to the first model, as the provider would receive it. */
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
  /** Why the call failed. */
  readonly error: AgentError;
}

let setResult: (error: AgentError, result: Failure) => void;

/** Options of the constructor of {@linkcode AgentError}. */
export interface AgentErrorOptions {
  /** The kind of the error. */
  code: ErrorCode;
  /** The agent's name. */
  agent: string;
  /** The model that was tried last. */
  model?: string;
  /** Each request that was sent. */
  attempts?: readonly Attempt[];
  /** The total usage. */
  usage?: Usage;
  /** The HTTP status of the last attempt. */
  status?: number;
  /** The wait that the server requested, in milliseconds. */
  retryAfterMs?: number;
  /** Whether another attempt may succeed. */
  retryable?: boolean;
  /** The issues that the schema found in the answer. */
  issues?: readonly Issue[];
  /** Why the model stopped, if its answer was complete but could not be used. */
  finishReason?: FinishReason;
  /** The raw text of an answer that could not be used. */
  text?: string;
  /** The conversation of a call with tools, without the system message. */
  messages?: readonly Message[];
  /** The error that caused it. */
  cause?: unknown;
}

/**
 * The error of a call that failed. `call` throws it, and a {@linkcode Failure} holds it.
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
 *   if (!(error instanceof AgentError) || error.code !== "rate_limited") throw error;
 *   console.log(error.retryAfterMs);
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
  /** The total usage, failed attempts included. */
  readonly usage: Usage;
  /** The HTTP status of the last attempt, if there was one. */
  readonly status?: number;
  /** The wait that the server requested, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether another attempt may succeed: the default of `retries.on`. */
  readonly retryable: boolean;
  /** The issues that the schema found in the answer (`invalid_output`). */
  readonly issues?: readonly Issue[];
  /**
   * Why the model stopped, if it ended an answer that could not be used. With the code `filtered`,
   * it is `content_filter` if a filter stopped the model, and anything else if the model refused.
   */
  readonly finishReason?: FinishReason;
  readonly #text: string | undefined;
  readonly #messages: readonly Message[] | undefined;
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
    this.finishReason = options.finishReason;
    this.#text = options.text;
    this.#messages = options.messages;
  }

  /**
   * The raw text of an answer that could not be used (`invalid_output`, `truncated`, `filtered`).
   * It is not enumerable, so that printing the error does not print it.
   */
  get text(): string | undefined {
    return this.#text;
  }

  /**
   * The conversation of a call with tools that failed after at least one finished round: the
   * prompt, the answers that called tools, and the results of the tools. The system message is left
   * out, so that `agent.ask("Go on.", { messages: error.messages })` continues the call.
   *
   * It is not enumerable, so that printing the error does not print it, and it is not stored in
   * journals: the error of a replayed failure has none.
   */
  get messages(): readonly Message[] | undefined {
    return this.#messages;
  }

  /**
   * The whole failure, as `settle` returns it. That of a workflow has its `status` and its
   * `branches` or `steps`, whose results were paid for. It is not enumerable, so that neither
   * printing the error nor `JSON.stringify` includes it. Absent while the call goes on (`onRetry`,
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
 * Makes the failure the `result` of its error, and returns it. A later call with an extended copy
 * of the failure replaces the result.
 */
export function linkError<F extends Failure>(failure: F): F {
  setResult(failure.error, failure);
  return failure;
}

/**
 * The result of a call: a union on `ok`, so that one `if` narrows it.
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
