import { messageOf, RunError } from "../model/errors.ts";

/** The error of a run that ended early. */
export interface EndEarlyOptions {
  /** What ended, such as "the batch". */
  readonly name: string;
  /**
   * What ended it, such as "onResult threw"; the message of the cause says it where it is absent.
   */
  readonly why?: string;
  /** The first thing that ended it. */
  readonly cause: unknown;
  /** Everything that was thrown. */
  readonly errors?: readonly unknown[];
  /** What was finished, by input index; absent where the results were given out before. */
  readonly results?: readonly unknown[];
}

/** Creates the error of a run that ended early; its message names what ended it. */
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

/** What ended a run early, in a few words. */
function reasonOf(cause: unknown, why: string | undefined): string {
  if (why === undefined) return messageOf(cause).replace(/^Cannot /, "it cannot ");
  return isPlainAbort(cause) ? why : `${why}: ${messageOf(cause)}`;
}

/** Whether it is what `abort()` without a reason gives, which says nothing more. */
function isPlainAbort(cause: unknown): boolean {
  return cause instanceof DOMException && cause.name === "AbortError";
}
