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
import { answerTooLarge, TooLargeError } from "../http/bounds/answer_limits.ts";
import { classifyFailure, isFailure } from "../http/classify_failure.ts";
import { endingOf } from "../http/finish_reason.ts";
import { hidePrompt } from "../http/prompt/hide_prompt.ts";
import { readBilling } from "../http/read_billing.ts";
import { addBilling } from "./billing.ts";
import { cutMessage, redact } from "../http/redact.ts";

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
  const error = convertError(thrown, { request });
  const body = isRecord(thrown) ? parseJson(thrown.responseBody) : undefined;
  return body === undefined ? error : addBilling(error, readBilling(body, request.model));
}

/** What is known when a request fails. */
interface FailureContext {
  /** The request, whose texts are not shown. */
  readonly request: ModelRequest;
  /** The text received before the failure. */
  readonly text?: string;
}

function convertError(thrown: unknown, context: FailureContext): unknown {
  const own = findOwnError(thrown);
  if (own !== undefined) return own;
  if (isOneOf(thrown, MALFORMED)) return malformedResponse(thrown, context);
  if (isOneOf(thrown, EMPTY_RESPONSE)) return serverError("the server's response is empty");
  if (hasStatusCode(thrown)) return responseError(thrown, context);
  if (isOneOf(thrown, ["APICallError"])) {
    // No status and retryable: the connection failed before a response arrived.
    return (thrown as ResponseError).isRetryable
      ? networkError(thrown as Error)
      : responseError(thrown as ResponseError, context);
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

/** The maximum number of errors around one of {@linkcode boundedFetch}. */
const MAX_CAUSES = 5;

/** Returns an error of the adapter or of `boundedFetch`, which the SDK may have wrapped. */
function findOwnError(thrown: unknown): ProviderError | undefined {
  let error = thrown;
  for (let i = 0; i < MAX_CAUSES && error instanceof Error; i++, error = error.cause) {
    if (error instanceof ProviderError) return error;
    if (error instanceof TooLargeError) return answerTooLarge(error);
  }
}

/**
 * Whether an error in a stream means that the stream ended early: it reports invalid data, and has
 * none.
 */
export function isTruncation(error: unknown): boolean {
  return isOneOf(error, ["InvalidResponseDataError"]) && (error as { data?: unknown }).data == null;
}

/** Converts an error part of a stream: an error of the SDK, or the server's own error object. */
export function fromStreamError(error: unknown, context: FailureContext): unknown {
  const converted = convertError(error, context);
  // Anything else means that the server failed.
  return converted instanceof ProviderError
    ? converted
    : responseError(isRecord(converted) ? converted : { message: converted }, context);
}

/** Returns the error of a choice, which the SDK's providers ignore. */
export function findChoiceError(body: unknown, context: FailureContext): ProviderError | undefined {
  const error = firstChoice(body)?.error;
  if (!isFailure({ error })) return undefined;
  const failure = responseError({ data: { error } }, context);
  return addBilling(failure, readBilling(body, context.request.model));
}

function firstChoice(body: unknown): Record<string, unknown> | undefined {
  const choices = isRecord(body) ? body.choices : undefined;
  return Array.isArray(choices) && isRecord(choices[0]) ? choices[0] : undefined;
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

function responseError(error: ResponseError, context: FailureContext): ProviderError {
  const { statusCode, isRetryable } = error;
  const httpStatus = typeof statusCode === "number" ? statusCode : undefined;
  if (httpStatus !== undefined && httpStatus < 400) return unreadable(error, context);
  // The SDK drops fields of the body that it does not know.
  const body = error.responseBody || error.data || error;
  const { code, status, retryable, isFinal, reason, text } = classifyFailure(httpStatus, body);
  const { shouldRetry, ...limits } = readResponseHeaders(error.responseHeaders, {
    rejected: code === "rate_limited",
    body,
  });
  const message = reason ?? (typeof error.message === "string" ? error.message : "");
  const detail = message === "" ? "" : `: ${redactAll(hidePrompt(message, context.request))}`;
  return new ProviderError(
    status === undefined
      ? `the server reported an error${detail}`
      : `the server answered ${status}${detail}`,
    {
      code,
      status,
      ...limits,
      // The SDK's provider may know more than the status shows.
      retryable: !isFinal &&
        (shouldRetry ?? (typeof isRetryable === "boolean" ? isRetryable : retryable)),
      text: text ?? context.text,
    },
  );
}

/**
 * Converts the failure to read a response with status 2xx or 3xx: cut off, not JSON, or an error.
 */
function unreadable(error: ResponseError, context: FailureContext): ProviderError {
  const { cause, responseBody, responseHeaders } = error;
  const body = parseJson(responseBody);
  // OpenRouter may send an error with status 200, in a plain response as in a stream.
  const failure = findFailure(body);
  if (failure !== undefined) return responseError({ data: failure, responseHeaders }, context);
  // A filter may remove the whole message, which the SDK's providers require, and reasoning may
  // take all tokens that it could have.
  const ending = endingOf(firstChoice(body)?.finish_reason);
  if (ending === "content_filter") {
    return new ProviderError("a content filter stopped the answer", {
      code: "filtered",
      retryable: false,
    });
  }
  if (ending === "length") {
    return new ProviderError("the answer reached its limit of tokens: raise maxTokens", {
      code: "truncated",
      retryable: false,
    });
  }
  if (typeof responseBody === "string" && /^\s*(:|data:|event:)/.test(responseBody)) {
    return wrongKind("a stream where a complete answer was requested");
  }
  if (isOneOf(cause, MALFORMED)) return malformedResponse(cause, context);
  return cause instanceof Error
    ? networkError(cause)
    : serverError("the server's response cannot be read");
}

/**
 * Returns the error of JSON instead of a stream, or the reverse, which the SDK's provider cannot
 * read. Another request would be answered, and billed, in the same way.
 */
export function wrongKind(what: string): ProviderError {
  return new ProviderError(`the server sent ${what}`, { code: "provider", retryable: false });
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

function malformedResponse(error: unknown, context: FailureContext): ProviderError {
  // An error in a form that the SDK's provider does not know.
  const { value } = error as { value?: unknown };
  const failure = findFailure(value);
  if (failure !== undefined) return responseError({ data: failure }, context);
  return serverError(
    isOneOf(error, ["JSONParseError"])
      ? "the server's response is not JSON"
      : "the server's response is not what the AI SDK expects",
  );
}

/** Returns the error of a body or an event, also of one of the Responses API, if it reports one. */
function findFailure(body: unknown): unknown {
  if (isFailure(body)) return body;
  const response = isRecord(body) && isRecord(body.response) ? body.response : body;
  return isRecord(response) && response.status === "failed" ? { error: response.error } : undefined;
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

/** The maximum length of a message that is searched for keys: the expressions take time. */
const MAX_MESSAGE = 8_000;

/**
 * Redacts everything that looks like an API key, as the keys are not known here, and URL queries.
 */
export function redactAll(message: string): string {
  const text = cutMessage(message, MAX_MESSAGE)
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
