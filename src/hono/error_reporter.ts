import { codeFrame, ownCodeErrors, thrownByOwnCode } from "../model/own_code.ts";
import { AgentError, type Result } from "../model/result.ts";
import type { FailedRequest } from "./options.ts";
import type { Problem } from "./problem.ts";

/** Called for each error of the server's own code. */
export type OnError = (error: unknown, request: FailedRequest) => void;

/** Reports errors of the server's own code to `onError`, each of them once. */
export class ErrorReporter {
  readonly #onError: OnError;
  readonly #reported = new WeakSet<Problem>();

  /** Creates a reporter for a callback. By default, errors are logged without their messages. */
  constructor(onError: OnError = logError) {
    this.#onError = onError;
  }

  /** Reports the cause of a problem, if it is an internal error. */
  reportProblem(problem: Problem, request: FailedRequest): void {
    if (problem.code !== "internal" || this.#reported.has(problem)) return;
    this.#reported.add(problem);
    this.#report(problem.cause ?? problem, request);
  }

  /** Reports what the code of an agent threw in a call. */
  reportCall(result: Result | AgentError, request: FailedRequest): void {
    const whole = result instanceof AgentError ? result.result : result;
    if (whole === undefined) return;
    for (const error of ownCodeErrors(whole)) this.#report(error, request);
  }

  #report(error: unknown, request: FailedRequest): void {
    try {
      this.#onError(error, request);
    } catch (thrown) {
      // The client still gets its response.
      logError(thrown, request);
    }
  }
}

/** Logs the kind and the place of an error only: its message may hold a prompt or a key. */
function logError(error: unknown, { id, method, path }: FailedRequest): void {
  const own = error instanceof AgentError ? thrownByOwnCode(error) : undefined;
  const thrown = own === undefined ? error : own.thrown;
  const kind = thrown instanceof Error ? thrown.name : typeof thrown;
  const frame = codeFrame(thrown);
  const place = frame === undefined ? "" : ` at ${frame.file}:${frame.line}:${frame.column}`;
  console.error(
    `An error in ${method} ${path} (${id}): ${kind}${place}; ` +
      "set the option `onError` to receive it",
  );
}
