/** Maps problems to OpenAI's error format, which is sent together with the problem details. */
import { Problem } from "../problem.ts";

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

/** Maps a problem to OpenAI's error format. */
export function toOpenAIError(problem: Problem): OpenAIErrorBody {
  const { status, code, options } = problem;
  const param = options.issues?.[0]?.path?.join(".");
  return {
    message: messageWithIssues(problem),
    type: typeOf(status),
    param: param || null,
    code,
  };
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
