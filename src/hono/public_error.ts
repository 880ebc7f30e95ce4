/** Maps failed calls to a status and a message for clients, without internals of the server. */
import { type ErrorCode, type Issue, ProviderError } from "../model/errors.ts";
import { AgentError } from "../model/result.ts";
import { Problem } from "./problem.ts";

/**
 * The status and message of each code. The errors' own messages may name models, servers, causes.
 */
const FAILURES: Readonly<Record<ErrorCode, readonly [status: number, detail: string]>> = {
  invalid_params: [422, "The parameters are not valid: `issues` lists what is wrong"],
  invalid_output: [502, "The model's answer does not match the agent's output schema"],
  timeout: [504, "The call exceeded its timeout"],
  aborted: [499, "The call was aborted"],
  rate_limited: [429, "The model's rate limit is exceeded: try again later"],
  network: [502, "The model's server could not be reached"],
  provider: [502, "The model's server failed"],
  circuit_open: [503, "The model has failed too often recently: try again later"],
  exhausted: [502, "All models have failed"],
  budget: [429, "The budget for calls is spent"],
  tool: [500, "The agent's own code failed"],
  truncated: [502, "The model's answer was truncated"],
  filtered: [422, "The model or a content filter refused to answer"],
};

/** Returns a sentence that explains an error code. */
export function describeErrorCode(code: string): string {
  return Object.hasOwn(FAILURES, code)
    ? FAILURES[code as ErrorCode][1]
    : "The server's own code failed: see its log";
}

/** The error of a failed call, as clients receive it. */
export interface PublicError {
  /** The error code. */
  readonly code: ErrorCode;
  /** What happened. */
  readonly message: string;
  /** What is wrong with the parameters. */
  readonly issues?: readonly Issue[];
  /** How long to wait before a retry, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Maps an error for clients: without its cause, its attempts and the model's text. */
export function toPublicError(error: AgentError): PublicError {
  const { code, retryAfterMs } = error;
  const issues = code === "invalid_params" ? issuesOf(error) : undefined;
  return { code, message: FAILURES[code][1], issues, retryAfterMs };
}

/** Maps the error of a failed call to a problem. */
export function failureProblem(error: AgentError): Problem {
  const { code, message, issues, retryAfterMs } = toPublicError(error);
  const shouldRetry = isWorthRetrying(error);
  return new Problem(FAILURES[code][0], code, message, {
    issues,
    retryAfterMs,
    shouldRetry,
    cause: error,
  });
}

/** Returns the error that decides about a retry: of several models, that of the last one. */
export function decisiveError(error: AgentError): AgentError {
  return error.code === "exhausted" && error.cause instanceof AgentError ? error.cause : error;
}

/** Whether a retry by the client is worth it; `undefined` if that is not known. */
function isWorthRetrying(error: AgentError): boolean | undefined {
  const { code, status, retryable, retryAfterMs } = decisiveError(error);
  switch (code) {
    case "network":
      return true;
    case "provider":
      return status === undefined && !retryable ? undefined : retryable;
    case "rate_limited":
      // A rate limit that states no wait may be a quota that is used up.
      return retryable || retryAfterMs !== undefined;
    default:
      return undefined;
  }
}

/** Maps anything thrown to a problem. The message of an unexpected error is not sent. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof AgentError) return failureProblem(thrown);
  return new Problem(500, "internal", "The server could not answer: see its log", {
    cause: thrown,
  });
}

/** Returns the schema's issues, or the template's message about a missing parameter. */
function issuesOf({ issues, message, cause }: AgentError): readonly Issue[] {
  if (cause instanceof ProviderError) {
    return [{ message: "The agent's model does not support something in the request" }];
  }
  if (issues !== undefined) return issues.map(toJsonIssue);
  // `Cannot call "x" as parameter "y" is missing`: it holds names of parameters, never values.
  const why = message.match(/ as (parameter .*)$/s)?.[1];
  return [{ message: why ?? "The parameters do not fit the prompt" }];
}

/** Turns symbols in the path into strings, as JSON has none. */
function toJsonIssue({ message, path }: Issue): Issue {
  return {
    message,
    path: path?.map((key) => typeof key === "symbol" ? String(key) : key),
  };
}
