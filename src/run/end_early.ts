import { causeMessage } from "../model/cause_message.ts";
import { RunError } from "../model/errors.ts";

/** Describes a run that ended early. */
export interface EndEarlyOptions {
  /** The name of the run, such as "the batch". */
  readonly name: string;
  /** The reason, such as "onResult threw". By default, the message of the cause. */
  readonly why?: string;
  /** The error or abort reason that ended it. */
  readonly cause: unknown;
  /** All errors that were thrown. By default, only the cause. */
  readonly errors?: readonly unknown[];
  /** The finished results, by input index. Absent if the consumer has them already. */
  readonly results?: readonly unknown[];
}

/** Creates the error of a run that ended early. Its message states the reason. */
export function endEarly(
  { name, why, cause, errors = [cause], results }: EndEarlyOptions,
): RunError {
  const advice = results === undefined ? "" : ": see `results` for what is done";
  return new RunError(`Cannot finish ${name} as ${reasonOf(cause, why)}${advice}`, {
    errors,
    results: results ?? [],
    cause,
  });
}

/** Returns the reason in a few words. */
function reasonOf(cause: unknown, why: string | undefined): string {
  if (why === undefined) return causeMessage(cause).replace(/^Cannot /, "it cannot ");
  return isPlainAbort(cause) ? why : `${why}: ${causeMessage(cause)}`;
}

/** Whether the cause is the default reason of `abort()`, whose message adds nothing. */
function isPlainAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "AbortError";
}
