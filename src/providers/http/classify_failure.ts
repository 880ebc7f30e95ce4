/**
 * Classifies the errors of servers, by status and code and never by the words of a message.
 */
import { isRecord } from "../../model/check_options.ts";
import type { ErrorCode } from "../../model/errors.ts";
import { readErrorBody } from "./error_body.ts";

/** An error of a server, classified. */
export interface ServerFailure {
  /** The kind of the error. */
  readonly code: ErrorCode;
  /** The HTTP status, or the one in the body. */
  readonly status: number | undefined;
  /** Whether another attempt may succeed. */
  readonly retryable: boolean;
  /** Whether a code means that no attempt can succeed, whatever the status. */
  readonly isFinal: boolean;
  /** The reason in the server's words. */
  readonly reason: string | undefined;
  /** The answer of the model, if the server rejected it. */
  readonly text: string | undefined;
}

const RETRYABLE_STATUSES = new Set([408, 409, 429]);

/** Codes of quotas that are used up, and of accounts that cannot pay. No attempt succeeds. */
const QUOTA = words(`
  insufficient_quota exceeded_current_quota_error exceeded_current_quota
  billing_hard_limit_reached billing_not_active billing_error insufficient_balance
  insufficient_balance_error insufficient_credits insufficient_funds insufficient_user_quota
  account_deactivated account_suspended access_terminated arrearage payment_required 1113
`);

/** Codes of requests that never succeed. */
const FINAL = words(`
  context_length_exceeded context_window_exceeded model_context_window_exceeded
  string_above_max_length exceed_context_size_error request_too_large invalid_prompt
  data_residency_mismatch invalid_image invalid_image_format invalid_base64_image
  invalid_image_url image_too_large image_too_small image_parse_error invalid_image_mode
  image_file_too_large unsupported_image_media_type empty_image_file image_file_not_found
`);

/** Codes of content filters. A prompt that was filtered once is filtered again. */
const FILTERED = words(`
  content_filter content_filtered content_policy_violation responsibleaipolicyviolation
  image_content_policy_violation misalignment_policy_violation bio_policy cyber_policy
  data_inspection_failed datainspectionfailed moderation_blocked 1301
`);

/** Codes of answers that the server could not parse. The model may correct its answer. */
const INVALID_ANSWER = words(`
  tool_use_failed json_validate_failed json_validation_failed output_parse_failed
`);

/** The statuses that codes and types stand for, where there is no status. */
const STATUS_OF: ReadonlyMap<string, number> = new Map(
  Object.entries({
    400: `invalid_request_error invalid_request bad_request badrequesterror bad_request_error
      invalid_argument failed_precondition unsupported_parameter unsupported_value
      invalid_value validation_error validationexception`,
    401: "authentication_error authenticationerror unauthenticated unauthorized invalid_api_key",
    403: "permission_error permission_denied permissiondeniederror forbidden accessdeniedexception",
    404: "not_found_error not_found notfounderror model_not_found deployment_not_found",
    422: "unprocessable_entity unprocessableentityerror extra_forbidden",
    429: `rate_limit_error rate_limit_exceeded rate_limit_reached_error rate_limited
      ratelimitreached ratelimiterror resource_exhausted too_many_requests
      too_many_requests_error toomanyrequests throttling_error throttling throttlingexception`,
  }).flatMap(([status, names]) => [...words(names)].map((name) => [name, Number(status)])),
);

/**
 * Classifies an error.
 *
 * @param status The HTTP status. A status below 400 does not count, but one in the body does.
 * @param body The body: parsed JSON or text.
 */
export function classifyFailure(status: number | undefined, body: unknown): ServerFailure {
  const { reason, status: inBody, codes, failedAnswer } = readErrorBody(body);
  const given = status !== undefined && status >= 400 ? status : inBody;
  const has = (names: ReadonlySet<string>) => [...codes].some((code) => names.has(code));
  if (has(INVALID_ANSWER)) {
    return {
      code: "invalid_output",
      status: given,
      retryable: false,
      isFinal: true,
      reason,
      text: failedAnswer ?? "",
    };
  }
  if (has(FILTERED)) {
    return {
      code: "filtered",
      status: given,
      retryable: false,
      isFinal: true,
      reason,
      text: undefined,
    };
  }
  const known = given ?? [...codes].map((code) => STATUS_OF.get(code)).find((s) => s !== undefined);
  const isFinal = has(QUOTA) || has(FINAL);
  return {
    code: known === 429 ? "rate_limited" : known === 408 ? "timeout" : "provider",
    status: given,
    retryable: !isFinal &&
      (known === undefined || known >= 500 || RETRYABLE_STATUSES.has(known)),
    isFinal,
    reason,
    text: undefined,
  };
}

/**
 * Whether the JSON of a response with status 200, or an event of a stream, reports an error. A
 * response of the Responses API is none: its reader looks at its status.
 */
export function isFailure(json: unknown): boolean {
  if (Array.isArray(json)) return json.length > 0 && json.every(isFailure);
  if (!isRecord(json) || json.object === "response") return false;
  if (json.object === "error" || json.type === "error" || isPresent(json.error)) return true;
  if ("choices" in json && json.choices !== null) return false;
  // Events of the Responses API have a type, and members with any name.
  if ("output" in json || "response" in json || `${json.type}`.startsWith("response.")) {
    return false;
  }
  const { reason, status } = readErrorBody(json);
  return reason !== undefined &&
    (status !== undefined || json.success === false || isPresent(json.errors) ||
      isPresent(json.detail) || isMiniMaxError(json.base_resp));
}

/** MiniMax sends its status with every response; 0 is a success. */
function isMiniMaxError(status: unknown): boolean {
  return isRecord(status) && Number(status.status_code) > 0;
}

/** Whether a member has a content. `error: {}` and `error: { message: null }` do not. */
function isPresent(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isRecord(value)) {
    return Object.values(value).some((item) => item !== null && item !== "" && item !== 0);
  }
  return value !== undefined && value !== null && value !== "" && value !== false;
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
