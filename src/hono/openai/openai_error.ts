/** Maps problems to OpenAI's error format, which is sent together with the problem details. */
import { AgentError } from "../../model/result.ts";
import { Problem, type ProblemCode } from "../problem.ts";
import { decisiveError } from "../public_error.ts";

/** The `error` field of OpenAI's API. */
export interface OpenAIErrorBody {
  /** What happened. */
  readonly message: string;
  /** The category of the error. */
  readonly type: string;
  /** The field of the request that is not valid. */
  readonly param: string | null;
  /** The error code. */
  readonly code: string;
}

/** The codes that OpenAI's server names differently. Its clients know these names. */
const CODES: Partial<Record<ProblemCode, string>> = {
  unknown_agent: "model_not_found",
  unsupported: "unsupported_parameter",
  unauthorized: "invalid_api_key",
  filtered: "content_filter",
};

/** Maps a problem to OpenAI's error format. */
export function toOpenAIError(problem: Problem): OpenAIErrorBody {
  const { status, code, options } = problem;
  const openAICode = isSpentQuota(problem) ? "insufficient_quota" : CODES[code] ?? code;
  return {
    message: messageWithIssues(problem),
    type: openAICode === "insufficient_quota" ? openAICode : typeOf(status),
    param: code === "unknown_agent" ? "model" : options.issues?.[0]?.path?.join(".") || null,
    code: openAICode,
  };
}

/** Whether a limit is exceeded that does not renew soon. */
function isSpentQuota({ status, shouldRetry }: Problem): boolean {
  return status === 429 && shouldRetry === false;
}

/**
 * Returns the problem with the status that OpenAI's server would send. Its clients retry by status:
 * none of them retries a 400, but some retry a 422, or a 502 for a request that the model's server
 * will reject again.
 */
export function withOpenAIStatus(problem: Problem): Problem {
  const { status, code, message, options } = problem;
  if (status !== 422 && !isFinalRejection(options.cause)) return problem;
  return new Problem(400, code, message, options);
}

/** Whether the model's server rejected the request for good. */
function isFinalRejection(cause: unknown): boolean {
  if (!(cause instanceof AgentError)) return false;
  const { code, status = 0, retryable } = decisiveError(cause);
  return code === "provider" && !retryable && status >= 400 && status < 500;
}

/** Creates the 404 for a model that is not the name of an agent. */
export function unknownModelProblem(): Problem {
  return new Problem(
    404,
    "unknown_agent",
    "There is no agent with that name: `GET /v1/models` lists them",
  );
}

/** Appends the issues to the message, as OpenAI's clients show only that. */
function messageWithIssues({ message, options: { issues = [] } }: Problem): string {
  if (issues.length === 0) return message;
  const list = issues.slice(0, 5).map(({ path = [], message }) =>
    path.length === 0 ? message : `${path.join(".")}: ${message}`
  );
  return `${message}: ${list.join("; ")}`;
}

function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
