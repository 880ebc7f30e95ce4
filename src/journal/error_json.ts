import { ProviderError, RunError } from "../model/errors.ts";
import { codeFrame, thrownByOwnCode } from "../model/own_code.ts";
import { AgentError, type AgentErrorOptions, type Result } from "../model/result.ts";
import { readStoredUsage } from "./stored_usage.ts";

/** The stored form of an error. Attempts and usage are omitted if they are those of the result. */
export type WrittenError = Omit<AgentErrorOptions, "cause"> & {
  /** The error's message. */
  readonly message: string;
  /** The result of the error, unless the error is stored with it. */
  readonly result?: unknown;
  /** What the user's code threw, if that caused the error. */
  readonly cause?: WrittenCause;
};

/** The stored form of what the user's code threw. */
interface WrittenCause {
  readonly name: string;
  readonly message: string;
  /** The place in the user's file, such as `file:///agents.ts:12:9`. */
  readonly at?: string;
}

/**
 * Converts the error of a result to its stored form. Of the cause, only the name, the message and
 * the place are stored: an error of a library may hold secrets in other members or in its own
 * cause.
 *
 * @param detail `"bare"` omits everything that came from the model or the caller, also from the
 * message.
 */
export function writeError(
  error: AgentError,
  of: Pick<Result, "attempts" | "usage"> | undefined,
  detail: "full" | "bare",
): WrittenError {
  const { code, agent, model, attempts, usage, status, retryAfterMs, retryable } = error;
  const { issues, text, finishReason, cause } = error;
  return {
    message: detail === "bare" ? bareMessage(error) : error.message,
    code,
    agent,
    model,
    ...(attempts !== of?.attempts && { attempts }),
    ...(usage !== of?.usage && { usage }),
    status,
    retryAfterMs,
    retryable,
    ...(detail === "full" && {
      issues,
      text,
      finishReason,
      cause: cause instanceof Error ? writeCause(error, cause) : undefined,
    }),
  };
}

function writeCause(error: AgentError, cause: Error): WrittenCause {
  const { name, message } = cause;
  const own = thrownByOwnCode(error);
  const frame = own && codeFrame(own.thrown);
  return { name, message, at: frame && `${frame.file}:${frame.line}:${frame.column}` };
}

/**
 * Returns the message without the texts that foreign code threw, which may hold parameters or
 * answers. The messages of our own errors hold none.
 */
function bareMessage(error: AgentError): string {
  let { message } = error;
  let cause: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && cause !== undefined; depth++) {
    const isOurs = cause instanceof AgentError || cause instanceof RunError;
    if (!isOurs) {
      if (cause instanceof ProviderError) break;
      const text = cause instanceof Error ? cause.message : cause;
      if (typeof text === "string" && text !== "") message = message.replaceAll(`: ${text}`, ": …");
    }
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return message;
}

/** The maximum number of causes that are followed: a chain of causes may be a cycle. */
const MAX_CAUSES = 100;

/** Restores an error. */
export function readError(
  { message, cause, result: _, ...options }: WrittenError,
  of?: Pick<Result, "attempts" | "usage">,
): AgentError {
  const { attempts = of?.attempts, usage: own } = options;
  const usage = own === undefined ? of?.usage : readStoredUsage(own);
  return new AgentError(message, {
    ...options,
    attempts,
    usage,
    ...(cause !== undefined && { cause: causeOf(cause) }),
  });
}

function causeOf({ name, message, at }: WrittenCause): Error {
  const error = new Error(message);
  error.name = name;
  // Without the frames of this process, which say nothing about the cause.
  error.stack = at === undefined ? `${name}: ${message}` : `${name}: ${message}\n    at ${at}`;
  return error;
}
