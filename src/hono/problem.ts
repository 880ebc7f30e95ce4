/** What went wrong, as HTTP says it: problem details (RFC 9457), with a `code` for programs beside the sentence for people. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Issue } from "../model/errors.ts";

/**
 * What kind of problem it is: an {@linkcode ErrorCode} of a call, or one of the HTTP face's own.
 *
 * - `unauthorized`: no token, a wrong one, or none is known here
 * - `forbidden`: the dashboard is not for this principal, or something else than its own pages asks
 * - `not_found`, `method_not_allowed`, `unsupported_media_type`: the address, the method or the kind of the body
 * - `unknown_agent`: nobody of that name
 * - `invalid_request`: the body is JSON, but not what the route takes: see `issues`
 * - `invalid_json`: the body is no JSON, no UTF-8, or nested too deeply
 * - `body_too_large`, `body_timeout`, `batch_too_large`: more than the limits allow, or too slow
 * - `too_many_requests`: the caller's own limits
 * - `busy`: as many requests as the server takes are in progress
 * - `shutting_down`: the server takes no more
 * - `not_resumable`: what was to be resumed is not kept any more
 * - `unsupported`: the OpenAI face cannot do what is asked
 * - `internal`: a fault of the server
 */
export type ProblemCode =
  | ErrorCode
  | "unauthorized"
  | "forbidden"
  | "not_found"
  | "method_not_allowed"
  | "unsupported_media_type"
  | "unknown_agent"
  | "invalid_request"
  | "invalid_json"
  | "body_too_large"
  | "body_timeout"
  | "batch_too_large"
  | "too_many_requests"
  | "busy"
  | "shutting_down"
  | "not_resumable"
  | "unsupported"
  | "internal";

/** The JSON of a problem, as it is sent. */
export interface ProblemDetails {
  /** `about:blank`: the status says what kind it is, and `code` what exactly. */
  readonly type: string;
  /** The status in words. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What happened, and what to do. */
  readonly detail: string;
  /** The same for programs. */
  readonly code: ProblemCode;
  /** The id of the request, to be looked for in logs. */
  readonly requestId?: string;
  /** What a schema found wrong with the request. */
  readonly issues?: readonly Issue[];
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** What a {@linkcode Problem} carries beside its detail. */
export interface ProblemOptions {
  /** What a schema found wrong with the request. */
  readonly issues?: readonly Issue[];
  /** How long to wait before the next try, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Headers to send with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What caused it: never sent. */
  readonly cause?: unknown;
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  408: "Request Timeout",
  410: "Gone",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  429: "Too Many Requests",
  499: "Client Closed Request",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/** Thrown by whatever cannot answer a request; the error handler of the app sends it. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  /** `detail` is sent: it holds no key, no prompt and nothing of the inside. */
  constructor(status: number, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.options = options;
  }

  /** How long to wait before the next try, in milliseconds, if that is known or helps: then it may be a guess. */
  get retryAfterMs(): number | undefined {
    const { retryAfterMs } = this.options;
    if (retryAfterMs !== undefined || (this.status !== 429 && this.status !== 503)) {
      return retryAfterMs;
    }
    // Nobody knows when such a budget begins anew: it is an agent's own.
    return this.code === "budget" ? 60_000 : 1_000;
  }

  /** What is sent. */
  details(requestId?: string): ProblemDetails {
    const { retryAfterMs, options: { issues } } = this;
    return {
      type: "about:blank",
      title: TITLES[this.status] ?? "Error",
      status: this.status,
      detail: this.message,
      code: this.code,
      requestId,
      issues,
      retryAfterMs: retryAfterMs === undefined ? undefined : Math.ceil(retryAfterMs),
    };
  }

  /** The headers that go with it. */
  headers(): Record<string, string> {
    const { retryAfterMs, options: { headers } } = this;
    return {
      "content-type": "application/problem+json",
      ...(retryAfterMs !== undefined && {
        // Whole seconds, and never 0: that would be an invitation to come at once.
        "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
      }),
      ...headers,
    };
  }
}

/** The answer that tells a problem. `more` stands beside the details. */
export function problemResponse(c: Context, problem: Problem, more: object = {}): Response {
  const body = JSON.stringify({ ...problem.details(c.get("requestId")), ...more });
  return c.body(body, problem.status as ContentfulStatusCode, problem.headers());
}
