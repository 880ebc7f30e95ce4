/** Error responses in OpenAI's format. */
import { retryHeaders } from "./server_limiter.ts";
import type { SimulatorFaultDetails } from "./fault_options.ts";
import type { ResponsePlan } from "./response_plan.ts";

/** OpenAI's error object. */
export interface ErrorBody {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** Plans an error response. */
export function errorPlan(
  status: number,
  error: Partial<ErrorBody> & { message: string },
  headers: Record<string, string> = {},
): ResponsePlan {
  const body = { message: error.message, type: error.type ?? "invalid_request_error" };
  return jsonPlan(status, {
    error: { ...body, param: error.param ?? null, code: error.code ?? null },
  }, headers);
}

/** Plans the response to a request without a required parameter. */
export function missingParameter(param: string, message: string): ResponsePlan {
  return errorPlan(400, { message, param, code: "missing_required_parameter" });
}

/** Plans a JSON response: a value, or a string that is sent as it is. */
export function jsonPlan(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ResponsePlan {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    parts: [typeof body === "string" ? body : JSON.stringify(body)],
    hasLength: true,
    waitMs: 0,
    intervalMs: 0,
    ending: "end",
  };
}

/** The errors of the statuses that have their own message. */
const ERRORS: Readonly<
  Record<number, readonly [message: string, type: string, code: string | null]>
> = {
  400: ["The request is not valid.", "invalid_request_error", null],
  401: ["Incorrect API key provided.", "invalid_request_error", "invalid_api_key"],
  403: ["You are not allowed to use this model.", "invalid_request_error", "permission_denied"],
  404: [
    "The model does not exist or you do not have access to it.",
    "invalid_request_error",
    "model_not_found",
  ],
  408: ["The request took too long.", "timeout", "timeout"],
  409: ["The request conflicts with another.", "conflict_error", null],
  422: ["The request was well-formed but could not be processed.", "invalid_request_error", null],
  429: ["Rate limit reached. Please try again later.", "requests", "rate_limit_exceeded"],
  503: ["The engine is currently overloaded, please try again later.", "service_unavailable", null],
  529: ["The service is overloaded.", "overloaded_error", "overloaded"],
};

const SERVER_ERROR = [
  "The server had an error while processing your request.",
  "server_error",
  null,
] as const;

/** Plans the response of a fault that is a status. */
export function statusPlan(
  status: number,
  details: SimulatorFaultDetails & { readonly name: string },
): ResponsePlan {
  const isQuota = details.name === "insufficientQuota";
  const [message, type, code] = isQuota
    ? [
      "You exceeded your current quota, please check your plan and billing details.",
      "insufficient_quota",
      "insufficient_quota",
    ]
    : ERRORS[status] ?? (status < 500 ? ERRORS[400]! : SERVER_ERROR);
  const retryAfterMs = details.retryAfterMs ?? (status === 429 && !isQuota ? 100 : null);
  const retryAfter = details.retryAfterMs === null || retryAfterMs === null
    ? {}
    : retryHeaders(retryAfterMs);
  if (details.body !== undefined) return jsonPlan(status, details.body, retryAfter);
  return errorPlan(status, { message: message!, type: type!, code }, retryAfter);
}
