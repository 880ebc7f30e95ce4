/** Problems as OpenAI's clients read them: the `error` that they know stands beside the problem details. */
import { Problem } from "../problem.ts";

/** What OpenAI's clients read of an error. */
export interface OpenAIErrorBody {
  /** What happened. */
  readonly message: string;
  /** The kind: whose fault it is. */
  readonly type: string;
  /** Which field of the request is wrong. */
  readonly param: string | null;
  /** The kind, more precisely. */
  readonly code: string;
}

/** The problem in OpenAI's words. */
export function toOpenAIError(problem: Problem): OpenAIErrorBody {
  const { message, status, code, options } = problem;
  const param = options.issues?.[0]?.path?.join(".");
  return {
    message: withIssues(problem) ?? message,
    type: typeOf(status),
    param: param || null,
    code,
  };
}

/** Nobody of that name. */
export function unknownModelProblem(): Problem {
  return new Problem(
    404,
    "unknown_agent",
    "There is no agent of that name: `GET /v1/models` lists them",
  );
}

/** These clients show nothing but the message. */
function withIssues({ message, options: { issues = [] } }: Problem): string | undefined {
  if (issues.length === 0) return undefined;
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
