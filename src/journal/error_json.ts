import { AgentError, type AgentErrorOptions, type Result } from "../model/result.ts";

/** The stored form of an error. Attempts and usage are omitted if they are those of the result. */
export type WrittenError = Omit<AgentErrorOptions, "cause"> & {
  /** The error's message. */
  readonly message: string;
  /** The result of the error, unless the error is stored with it. */
  readonly result?: unknown;
  /** What the user's code threw, if that caused the error. */
  readonly cause?: { readonly name: string; readonly message: string };
};

/**
 * Converts the error of a result to its stored form. Of the cause, only the name and the message
 * are stored: an error of a library may hold secrets in other members or in its own cause.
 *
 * @param bare Whether to omit everything that came from the model or the caller.
 */
export function writeError(
  error: AgentError,
  of: Pick<Result, "attempts" | "usage"> | undefined,
  bare: boolean,
): WrittenError {
  const { message, code, agent, model, attempts, usage, status, retryAfterMs, retryable } = error;
  const { issues, text, cause } = error;
  return {
    message,
    code,
    agent,
    model,
    ...(attempts !== of?.attempts && { attempts }),
    ...(usage !== of?.usage && { usage }),
    status,
    retryAfterMs,
    retryable,
    ...(!bare && {
      issues,
      text,
      cause: cause instanceof Error ? { name: cause.name, message: cause.message } : undefined,
    }),
  };
}

/** Restores an error. */
export function readError(
  { message, cause, result: _, ...options }: WrittenError,
  of?: Pick<Result, "attempts" | "usage">,
): AgentError {
  const { attempts = of?.attempts, usage = of?.usage } = options;
  return new AgentError(message, {
    ...options,
    attempts,
    usage,
    ...(cause !== undefined && { cause: causeOf(cause) }),
  });
}

function causeOf({ name, message }: { readonly name: string; readonly message: string }): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
