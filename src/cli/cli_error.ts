/** Errors that end the command with a message for the user. */
import { EXIT } from "./exit_code.ts";

/** Options of a {@linkcode CliError}. */
export interface CliErrorOptions extends ErrorOptions {
  /**
   * The exit code of the process.
   *
   * @default {2} Wrong use
   */
  readonly exitCode?: number;
}

/** Ends the command with a message for the user, and without a stack trace. */
export class CliError extends Error {
  /** The name of the class. */
  override readonly name = "CliError";
  /** The exit code of the process. */
  readonly exitCode: number;

  /** Creates an error of wrong use, unless an exit code is given. */
  constructor(message: string, { exitCode = EXIT.usage, ...options }: CliErrorOptions = {}) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** Returns the message of what was thrown. */
export function errorMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : "a value was thrown that is not an Error";
}

/** Returns Deno's message about a missing permission, if that is the cause of the error. */
export function missingPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // The message names a host or a file, and never a key.
    if (cause instanceof Deno.errors.NotCapable) return cause.message;
  }
  return undefined;
}
