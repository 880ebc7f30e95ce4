/**
 * Maps the errors of the AI SDK, classified by status and code and never by the words of a message.
 *
 * They are recognized by their marker symbols, which are the same in every version and copy of the
 * SDK's packages, so no package has to be loaded. They hold the prompt and the URL, so they are
 * never passed on as a cause.
 */
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelRequest } from "../../model/message.ts";
import { readResponseHeaders } from "./response_headers.ts";
import { redact } from "../http/redact.ts";

const RETRYABLE_STATUSES = new Set([408, 409, 429]);

/** Errors about a malformed response. Their messages quote it. */
const MALFORMED = ["JSONParseError", "TypeValidationError", "InvalidResponseDataError"];
const EMPTY_RESPONSE = ["EmptyResponseBodyError", "NoContentGeneratedError"];
/**
 * Errors thrown before anything is sent. Their messages contain neither the prompt nor a response.
 */
const SAFE_MESSAGE = [
  "LoadAPIKeyError",
  "LoadSettingError",
  "NoSuchModelError",
  "NoSuchProviderReferenceError",
  "UnsupportedFunctionalityError",
  "InvalidArgumentError",
];

/** Converts what a model threw for this request into a {@linkcode ProviderError}. */
export function fromAiSdkError(thrown: unknown, request: ModelRequest): unknown {
  // A BigInt in the request also throws a TypeError.
  if (thrown instanceof TypeError && !isJson(request)) {
    return new ProviderError(
      `its request cannot be written as JSON: ${redactAll(thrown.message)}`,
      {
        code: "invalid_params",
        retryable: false,
        cause: thrown,
      },
    );
  }
  return convertError(thrown);
}

function convertError(thrown: unknown): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (isOneOf(thrown, MALFORMED)) return malformedResponse(thrown);
  if (isOneOf(thrown, EMPTY_RESPONSE)) return serverError("the server's response is empty");
  if (hasStatusCode(thrown)) return responseError(thrown);
  if (isOneOf(thrown, ["APICallError"])) {
    // No status and retryable: the connection failed before a response arrived.
    return (thrown as ResponseError).isRetryable
      ? networkError(thrown as Error)
      : responseError(thrown as ResponseError);
  }
  if (isOneOf(thrown, SAFE_MESSAGE)) return rejected(`: ${redactAll((thrown as Error).message)}`);
  if (isAiSdkError(thrown)) return rejected(` with an ${(thrown as Error).name}`);
  // fetch throws a TypeError when the connection breaks while the response is read.
  const name = (thrown as { name?: unknown } | null)?.name;
  if (thrown instanceof TypeError || name === "Http") return networkError(thrown as Error);
  // The caller's signal has not aborted: the fetch of the SDK's provider has a timeout of its own.
  if (name === "TimeoutError" || name === "AbortError" || name === "ResponseAborted") {
    return new ProviderError("the request was aborted below the AI SDK", {
      code: name === "TimeoutError" ? "timeout" : "network",
      retryable: true,
    });
  }
  return thrown;
}

/**
 * Whether an error in a stream means that the stream ended early: it reports invalid data, and has
 * none.
 */
export function isTruncation(error: unknown): boolean {
  return isOneOf(error, ["InvalidResponseDataError"]) && (error as { data?: unknown }).data == null;
}

/** Converts an error part of a stream: an error of the SDK, or the server's own error object. */
export function fromStreamError(error: unknown): unknown {
  const converted = convertError(error);
  // Anything else means that the server failed.
  return converted instanceof ProviderError
    ? converted
    : responseError(isRecord(converted) ? converted : { message: converted });
}

/** An error that a server sent, in whatever wrapper. */
interface ResponseError {
  readonly message?: unknown;
  readonly statusCode?: unknown;
  readonly code?: unknown;
  readonly type?: unknown;
  readonly isRetryable?: unknown;
  readonly responseHeaders?: unknown;
  readonly responseBody?: unknown;
  readonly data?: unknown;
  readonly cause?: unknown;
}

function hasStatusCode(thrown: unknown): thrown is ResponseError {
  return thrown instanceof Error && typeof (thrown as ResponseError).statusCode === "number";
}

function responseError(error: ResponseError): ProviderError {
  const { statusCode } = error;
  if (typeof statusCode === "number" && statusCode < 400) return unreadable(error);
  const candidates = errorObjects(error);
  const status = typeof statusCode === "number" ? statusCode : findStatus(candidates);
  const detail = typeof error.message === "string" && error.message !== ""
    ? `: ${redactAll(error.message)}`
    : "";
  // The SDK drops fields of the body that it does not know.
  const { responseBody: text, data } = error;
  const body = parseJson(text) ?? (typeof text === "string" ? text : data) ?? error;
  const { shouldRetry, ...limits } = readResponseHeaders(error.responseHeaders, status, body);
  return new ProviderError(
    status === undefined
      ? `the server reported an error${detail}`
      : `the server answered ${status}${detail}`,
    {
      code: status === 429 ? "rate_limited" : status === 408 ? "timeout" : "provider",
      status,
      ...limits,
      retryable: shouldRetry ??
        (!candidates.some(({ code, type }) => isQuota(code) || isQuota(type)) &&
          // The SDK's provider may know more than the status says.
          (typeof error.isRetryable === "boolean"
            ? error.isRetryable
            : status === undefined || status >= 500 || RETRYABLE_STATUSES.has(status))),
    },
  );
}

/**
 * Converts the failure to read a response with status 2xx or 3xx: cut off, not JSON, or an error.
 */
function unreadable({ cause, responseBody, responseHeaders }: ResponseError): ProviderError {
  const body = parseJson(responseBody);
  // OpenRouter may send an error with status 200, in a plain response as in a stream.
  if (isRecord(body) && isRecord(body.error)) {
    return responseError({ ...body.error, responseHeaders });
  }
  if (isOneOf(cause, MALFORMED)) return malformedResponse(cause);
  return cause instanceof Error
    ? networkError(cause)
    : serverError("the server's response cannot be read");
}

/** Returns all objects that may hold the server's error code. */
function errorObjects(error: ResponseError): { code?: unknown; type?: unknown }[] {
  const body = error.data ?? parseJson(error.responseBody);
  return [error, body, (body as { error?: unknown } | undefined)?.error].filter(isRecord);
}

/**
 * Finds a status in the error codes: gateways put it there when they send an error with status 200.
 */
function findStatus(candidates: readonly { code?: unknown }[]): number | undefined {
  return candidates.map(({ code }) => Number(code)).find((code) => code >= 400 && code < 600);
}

function isQuota(code: unknown): boolean {
  return code === "insufficient_quota";
}

function isJson(value: unknown): boolean {
  try {
    JSON.stringify(value);
    return true;
  } catch {
    return false;
  }
}

function parseJson(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    // A proxy may respond with an HTML page.
    return undefined;
  }
}

function malformedResponse(error: unknown): ProviderError {
  return serverError(
    isOneOf(error, ["JSONParseError"])
      ? "the server's response is not JSON"
      : "the server's response is not what the AI SDK expects",
  );
}

function serverError(message: string): ProviderError {
  return new ProviderError(message, { code: "provider", retryable: true });
}

/** Not retryable, but another model may support the request. */
function rejected(reason: string): ProviderError {
  return new ProviderError(`the AI SDK rejected the request${reason}`, {
    code: "provider",
    retryable: false,
  });
}

function networkError(error: Error): ProviderError {
  // In the SDK as in Deno, only the message of the cause says what went wrong.
  const message = error.cause instanceof Error ? error.cause.message : error.message;
  const reason = redactAll(message.replace(/^error sending request .*?: (?=client error)/, ""));
  return new ProviderError(`the connection failed: ${reason}`, {
    code: "network",
    retryable: true,
  });
}

/**
 * Redacts everything that looks like an API key, as the keys are not known here, and URL queries.
 */
export function redactAll(message: string): string {
  const text = message
    .replaceAll(/(https?:\/\/[^\s?]*)\?[^\s)]*/gi, "$1")
    .replaceAll(/\bAIza[\w-]+/g, "[key]")
    .replaceAll(/\b(?=\w*\d)(?=\w*[a-z])\w{20,}/gi, "[key]");
  return redact(text, []);
}

function isOneOf(error: unknown, names: readonly string[]): boolean {
  return names.some((name) => hasMarker(error, `.AI_${name}`));
}

/** Whether the value is an error of the AI SDK. */
export function isAiSdkError(error: unknown): boolean {
  return hasMarker(error, "");
}

/** Whether an error has the marker symbol that the AI SDK sets for each of its classes. */
function hasMarker(error: unknown, name: string): boolean {
  return error instanceof Error &&
    (error as unknown as Record<symbol, unknown>)[Symbol.for(`vercel.ai.error${name}`)] === true;
}
