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
  /** Flags that a resumed run needs to go on, such as `--columns NAMES`. */
  readonly resumeFlags?: string;
}

/** Ends the command with a message for the user, and without a stack trace. */
export class CliError extends Error {
  /** The name of the class. */
  override readonly name = "CliError";
  /** The exit code of the process. */
  readonly exitCode: number;
  /** Flags that a resumed run needs to go on, such as `--columns NAMES`. */
  readonly resumeFlags: string | undefined;

  /** Creates an error of wrong use, unless an exit code is given. */
  constructor(
    message: string,
    { exitCode = EXIT.usage, resumeFlags, ...options }: CliErrorOptions = {},
  ) {
    super(message, options);
    this.exitCode = exitCode;
    this.resumeFlags = resumeFlags;
  }
}

/**
 * Returns the message of what was thrown. Those of the system lose their code and the path, which
 * the caller names: `ENOENT: no such file or directory, open 'rows.jsonl'`.
 */
export function errorMessage(thrown: unknown): string {
  if (typeof thrown === "string" && thrown !== "") return thrown;
  if (!(thrown instanceof Error)) return "a value was thrown that is not an Error";
  const { message } = thrown;
  return /^E[A-Z0-9]+: (.+?), [a-z]+(?: .*)?$/s.exec(message)?.[1] ??
    message.replace(/^[a-z]+ E[A-Z0-9]+: /, "");
}

/**
 * Returns the message of an error of the library. That of an error of the system has lost its path:
 * it follows `what`.
 */
export function describeFailure(thrown: unknown, what: string): string {
  const isOfSystem = thrown instanceof Error && "syscall" in thrown;
  return isOfSystem ? `${what}: ${errorMessage(thrown)}` : errorMessage(thrown);
}

/** Whether the system reported this error code, such as `ENOENT`. */
export function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && codes.includes((error as { code?: unknown }).code as string);
}

/** Returns Deno's message about a missing permission, if that is the cause of the error. */
export function missingPermission(error: unknown): string | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    // The message names a host or a file, and never a key.
    if (cause.name === "NotCapable") return cause.message;
  }
  return undefined;
}
