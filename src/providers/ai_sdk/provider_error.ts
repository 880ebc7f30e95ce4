/**
 * What can go wrong with a model of the AI SDK, told once and for all: by status and code, never by words in a message. Its errors are
 * known by their marks, which are the same in every version and copy of its packages, so that none of them is loaded. They hold the
 * prompt and the address, so they are not handed on as a cause.
 */
import { isRecord } from "../../model/check_options.ts";
import { ProviderError } from "../../model/errors.ts";
import type { ModelRequest } from "../../model/message.ts";
import { toldBy } from "./response_headers.ts";
import { clean } from "../http/redact.ts";

const RETRYABLE = new Set([408, 409, 429]);

/** The errors of an answer that is none. Their messages quote it. */
const NONSENSE = ["JSONParseError", "TypeValidationError", "InvalidResponseDataError"];
const EMPTY = ["EmptyResponseBodyError", "NoContentGeneratedError"];
/** The errors that came before anything was sent, and whose messages hold neither prompt nor answer. */
const PLAIN = [
  "LoadAPIKeyError",
  "LoadSettingError",
  "NoSuchModelError",
  "NoSuchProviderReferenceError",
  "UnsupportedFunctionalityError",
  "InvalidArgumentError",
];

/** The error of this request. */
export function aiSdkError(thrown: unknown, request: ModelRequest): unknown {
  // A BigInt in it is a TypeError, too.
  if (thrown instanceof TypeError && !isJson(request)) {
    return new ProviderError("its request cannot be written as JSON: see the cause", {
      code: "invalid_params",
      retryable: false,
      cause: thrown,
    });
  }
  return errorOf(thrown);
}

function errorOf(thrown: unknown): unknown {
  if (thrown instanceof ProviderError) return thrown;
  if (isOneOf(thrown, NONSENSE)) return nonsense(thrown);
  if (isOneOf(thrown, EMPTY)) return failed("the server's answer is empty");
  if (isAnswer(thrown)) return answerError(thrown);
  if (isOneOf(thrown, ["APICallError"])) {
    // Without a status there was no answer, if it is worth another attempt.
    return (thrown as AnswerError).isRetryable
      ? network(thrown as Error)
      : answerError(thrown as AnswerError);
  }
  if (isOneOf(thrown, PLAIN)) return refused(`: ${hide((thrown as Error).message)}`);
  if (isMarked(thrown)) return refused(` with an ${(thrown as Error).name}`);
  // fetch tells of a connection that broke while the answer was read by a TypeError.
  const name = (thrown as { name?: unknown } | null)?.name;
  if (thrown instanceof TypeError || name === "Http") return network(thrown as Error);
  // Our own signal has not aborted: somebody's fetch has a time limit of its own.
  if (name === "TimeoutError" || name === "AbortError" || name === "ResponseAborted") {
    return new ProviderError("the request was aborted below the AI SDK", {
      code: name === "TimeoutError" ? "timeout" : "network",
      retryable: true,
    });
  }
  return thrown;
}

/** Does an error in a stream say that it was over before the answer? It tells of data, and there are none that could be wrong. */
export function isCutOff(error: unknown): boolean {
  return isOneOf(error, ["InvalidResponseDataError"]) && (error as { data?: unknown }).data == null;
}

/** The error that stands in a stream: it may be an error of the SDK, or what the server said. */
export function errorInStream(error: unknown): unknown {
  const told = errorOf(error);
  // Whatever else stands there, the server has failed.
  return told instanceof ProviderError
    ? told
    : answerError(isRecord(told) ? told : { message: told });
}

/** An error that a server sent, whoever wraps it. */
interface AnswerError {
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

function isAnswer(thrown: unknown): thrown is AnswerError {
  return thrown instanceof Error && typeof (thrown as AnswerError).statusCode === "number";
}

function answerError(error: AnswerError): ProviderError {
  const { statusCode } = error;
  if (typeof statusCode === "number" && statusCode < 400) return unreadable(error);
  const all = saidIn(error);
  const status = typeof statusCode === "number" ? statusCode : statusIn(all);
  const what = typeof error.message === "string" && error.message !== ""
    ? `: ${hide(error.message)}`
    : "";
  return new ProviderError(
    status === undefined
      ? `the server failed while it answered${what}`
      : `the server answered ${status}${what}`,
    {
      code: status === 429 ? "rate_limited" : status === 408 ? "timeout" : "provider",
      status,
      ...toldBy(error.responseHeaders, status),
      retryable: !all.some(({ code, type }) => isQuota(code) || isQuota(type)) &&
        // A provider of the SDK may know better than the status does.
        (typeof error.isRetryable === "boolean"
          ? error.isRetryable
          : status === undefined || status >= 500 || RETRYABLE.has(status)),
    },
  );
}

/** The answer began well and could not be read: it broke off, it is no JSON, or it is an error after all. */
function unreadable({ cause, responseBody, responseHeaders }: AnswerError): ProviderError {
  const body = jsonIn(responseBody);
  // OpenRouter begins with 200 and fails then, in a whole answer as in a stream.
  if (isRecord(body) && isRecord(body.error)) {
    return answerError({ ...body.error, responseHeaders });
  }
  if (isOneOf(cause, NONSENSE)) return nonsense(cause);
  return cause instanceof Error ? network(cause) : failed("the server's answer cannot be read");
}

/** Everything that may have the server's code in it. */
function saidIn(error: AnswerError): { code?: unknown; type?: unknown }[] {
  const body = error.data ?? jsonIn(error.responseBody);
  return [error, body, (body as { error?: unknown } | undefined)?.error].filter(isRecord);
}

/** Gateways put the status into the code of an error inside an answer that began well. */
function statusIn(all: readonly { code?: unknown }[]): number | undefined {
  return all.map(({ code }) => Number(code)).find((code) => code >= 400 && code < 600);
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

function jsonIn(text: unknown): unknown {
  try {
    return JSON.parse(text as string);
  } catch {
    // A proxy in between may answer with a page.
    return undefined;
  }
}

function nonsense(error: unknown): ProviderError {
  return failed(
    isOneOf(error, ["JSONParseError"])
      ? "the server's answer is not JSON"
      : "the server's answer is not what the AI SDK expects",
  );
}

function failed(message: string): ProviderError {
  return new ProviderError(message, { code: "provider", retryable: true });
}

/** Another model may be able to do what this one was not asked for. */
function refused(why: string): ProviderError {
  return new ProviderError(`the AI SDK refused the request${why}`, {
    code: "provider",
    retryable: false,
  });
}

function network(error: Error): ProviderError {
  // The SDK and Deno both say where it went wrong first, and only the cause says why.
  const told = error.cause instanceof Error ? error.cause.message : error.message;
  const why = hide(told.replace(/^error sending request .*?: (?=client error)/, ""));
  return new ProviderError(`the connection failed: ${why}`, {
    code: "network",
    retryable: true,
  });
}

/** The keys are not known here: whatever looks like one goes, and so does what a URL asks for. */
function hide(message: string): string {
  const text = message
    .replaceAll(/(https?:\/\/[^\s?]*)\?[^\s)]*/gi, "$1")
    .replaceAll(/\bAIza[\w-]+/g, "[key]")
    .replaceAll(/\b(?=\w*\d)(?=\w*[a-z])\w{20,}/gi, "[key]");
  return clean(text, []);
}

function isOneOf(error: unknown, names: readonly string[]): boolean {
  return names.some((name) => hasMark(error, `.AI_${name}`));
}

/** Is it an error of the AI SDK? */
export function isMarked(error: unknown): boolean {
  return hasMark(error, "");
}

/** The AI SDK marks each error for each of its classes. */
function hasMark(error: unknown, name: string): boolean {
  return error instanceof Error &&
    (error as unknown as Record<symbol, unknown>)[Symbol.for(`vercel.ai.error${name}`)] === true;
}
