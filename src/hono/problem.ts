/** Errors of the HTTP routes as problem details (RFC 9457), with a `code` for programs. */
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, Issue } from "../model/errors.ts";

/**
 * The kind of a problem: the {@linkcode ErrorCode} of a failed call, or a code of the routes.
 *
 * - `invalid_host`: the header `Host` is no host name or address
 * - `unauthorized`: the token is missing or not valid, or no `auth` is set
 * - `forbidden`: the principal may not use the dashboard, or a page of another origin sent the
 *   request
 * - `not_found`, `method_not_allowed`, `unsupported_media_type`: wrong path, method or content type
 * - `unknown_agent`: there is no agent with that name
 * - `invalid_request`: the body is JSON but not valid for the route; `issues` lists why
 * - `invalid_json`: the body is not JSON, not UTF-8, incomplete, or nested too deeply
 * - `body_too_large`, `body_timeout`, `batch_too_large`: a limit of the routes was exceeded
 * - `too_many_requests`: a limit of the caller was exceeded
 * - `busy`: the server has reached its maximum number of requests in progress
 * - `shutting_down`: the server is shutting down
 * - `not_resumable`: the batch stream is unknown or no longer kept
 * - `unsupported`: a request to the OpenAI routes needs a feature that agents do not have
 * - `unknown_parameter`: a request to the OpenAI routes has a field that OpenAI's API does not have
 * - `internal`: an internal error of the server
 */
export type ProblemCode =
  | ErrorCode
  | "invalid_host"
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
  | "unknown_parameter"
  | "internal";

/** The JSON of a problem. */
export interface ProblemDetails {
  /** Always `about:blank`: `status` and `code` identify the kind of problem. */
  readonly type: string;
  /** The status text. */
  readonly title: string;
  /** The HTTP status. */
  readonly status: number;
  /** What happened and what to do. */
  readonly detail: string;
  /** The kind of the problem, for programs. */
  readonly code: ProblemCode;
  /** The ID of the request, to find it in logs. */
  readonly requestId?: string;
  /** What is wrong with the request. */
  readonly issues?: readonly Issue[];
  /** How long to wait before a retry, in milliseconds. */
  readonly retryAfterMs?: number;
}

/** Options of a {@linkcode Problem}. */
export interface ProblemOptions {
  /** What is wrong with the request. */
  readonly issues?: readonly Issue[];
  /** How long to wait before a retry, in milliseconds. */
  readonly retryAfterMs?: number;
  /** Whether a retry is worth it, as far as that is known. */
  readonly shouldRetry?: boolean;
  /** Headers to send with it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The cause. It is never sent. */
  readonly cause?: unknown;
}

/** The longest wait for a budget after which a retry is worth it, in milliseconds. */
const LONGEST_WAIT = 60_000;

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

/** An error that the app's error handler sends as problem details. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly status: number;
  readonly code: ProblemCode;
  readonly options: ProblemOptions;

  /** Creates a problem. `detail` is sent, so it must not contain keys, prompts or internals. */
  constructor(status: number, code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = status;
    this.code = code;
    this.options = options;
  }

  /**
   * How long to wait before a retry, in milliseconds. Every 429 and 503 has one: where it is not
   * known, an estimate. Other problems have one where it is known.
   */
  get retryAfterMs(): number | undefined {
    const { retryAfterMs } = this.options;
    if (retryAfterMs !== undefined || (this.status !== 429 && this.status !== 503)) {
      return retryAfterMs;
    }
    // It is the budget of an agent, which may never be renewed.
    return this.code === "budget" ? 60_000 : 1_000;
  }

  /**
   * Whether a retry is worth it; `undefined` if that is not known. Every 429 and 503 is worth one,
   * except a budget that is not renewed soon.
   */
  get shouldRetry(): boolean | undefined {
    const { shouldRetry, retryAfterMs = Infinity } = this.options;
    if (this.code === "budget") return retryAfterMs <= LONGEST_WAIT;
    return shouldRetry ?? (this.status === 429 || this.status === 503 ? true : undefined);
  }

  /** Returns the JSON of the problem. */
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

  /** Returns the headers of the response. */
  headers(): Record<string, string> {
    const { retryAfterMs, shouldRetry, options: { headers } } = this;
    return {
      "content-type": "application/problem+json",
      // Clients of OpenAI's API obey it, whatever the status.
      ...(shouldRetry !== undefined && { "x-should-retry": String(shouldRetry) }),
      ...(retryAfterMs !== undefined && {
        // Whole seconds, and never 0, which would mean to retry at once.
        "retry-after": String(Math.max(1, Math.ceil(retryAfterMs / 1000))),
        "retry-after-ms": String(Math.max(1, Math.ceil(retryAfterMs))),
      }),
      ...headers,
    };
  }
}

/** Creates the response for a problem. `extra` is merged into its JSON. */
export function problemResponse(c: Context, problem: Problem, extra: object = {}): Response {
  const body = JSON.stringify({ ...problem.details(c.get("requestId")), ...extra });
  return c.body(body, problem.status as ContentfulStatusCode, problem.headers());
}
