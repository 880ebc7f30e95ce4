/** How the failures of calls are told to clients: a status, and a sentence that gives nothing of the inside away. */
import { AgentError, type ErrorCode, type Issue } from "../model/errors.ts";
import { Problem } from "./problem.ts";

/** The status of each code, and what is said. The messages of the errors themselves may name models, servers and causes. */
const FAILURES: Readonly<Record<ErrorCode, readonly [status: number, detail: string]>> = {
  invalid_params: [422, "The parameters do not fit: see the issues"],
  invalid_output: [502, "The model's answer did not have the form that the agent promises"],
  timeout: [504, "The call was not finished in time"],
  aborted: [499, "The call was aborted"],
  rate_limited: [429, "The model's server refuses more calls for now: try again later"],
  network: [502, "The model's server could not be reached"],
  provider: [502, "The model's server failed"],
  circuit_open: [503, "The model has failed too often lately and is left alone: try again later"],
  exhausted: [502, "All models that could answer have failed"],
  budget: [429, "The budget for calls is used up"],
  tool: [500, "The agent's own code failed"],
  truncated: [502, "The model's answer broke off"],
  filtered: [422, "The model, or a content filter, refused to answer"],
};

/** What a code means, in a sentence. */
export function describeErrorCode(code: string): string {
  return Object.hasOwn(FAILURES, code)
    ? FAILURES[code as ErrorCode][1]
    : "The server's own code failed: its log tells more";
}

/** What can be told of a call that failed. */
export interface PublicError {
  /** The kind of the error. */
  readonly code: ErrorCode;
  /** What happened. */
  readonly message: string;
  /** What the schema found wrong with the parameters. */
  readonly issues?: readonly Issue[];
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** A failed call without anything of the inside: no cause, no attempts, no text of the model. */
export function toPublicError(error: AgentError): PublicError {
  const { code, retryAfterMs } = error;
  const issues = code === "invalid_params" ? issuesOf(error) : undefined;
  return { code, message: FAILURES[code][1], issues, retryAfterMs };
}

/** The problem that tells of a failed call. */
export function failureProblem(error: AgentError): Problem {
  const { code, message, issues, retryAfterMs } = toPublicError(error);
  return new Problem(FAILURES[code][0], code, message, { issues, retryAfterMs, cause: error });
}

/** Whatever was thrown, as a problem; a fault that nobody has foreseen says nothing about itself. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof AgentError) return failureProblem(thrown);
  return new Problem(500, "internal", "The server failed to answer: its log tells more", {
    cause: thrown,
  });
}

/** What was wrong with the parameters: what a schema found, or what the template says that misses one. */
function issuesOf({ issues, message }: AgentError): readonly Issue[] {
  if (issues !== undefined) return issues.map(plain);
  // "Cannot call "x" as parameter "y" is missing": names of parameters, never values.
  const why = message.match(/ as (parameter .*)$/s)?.[1];
  return [{ message: why ?? "The parameters cannot be made into a prompt" }];
}

/** Keys of a path may be symbols, which are no JSON. */
function plain({ message, path }: Issue): Issue {
  return {
    message,
    path: path?.map((key) => typeof key === "symbol" ? String(key) : key),
  };
}
