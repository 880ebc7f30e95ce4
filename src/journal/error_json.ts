import { AgentError, type AgentErrorOptions, type Result } from "../model/result.ts";

/** An error as it is written: the requests and what they used stand in the result, if they are the same. */
export type WrittenError = Omit<AgentErrorOptions, "cause"> & {
  /** What happened. */
  readonly message: string;
  /** The result that the error belongs to, where that is another than the one it is written with. */
  readonly result?: unknown;
  /** What was thrown below it, where that was code of the caller's. */
  readonly cause?: { readonly name: string; readonly message: string };
};

/**
 * Prepares the error of a result. Of its cause the name and the message are kept, and nothing of what is below: that may be what a
 * library has thrown, and nobody knows what it says.
 *
 * @param bare Is nothing to be kept that says what came from the model or from the caller?
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

/** The error that was prepared. */
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
