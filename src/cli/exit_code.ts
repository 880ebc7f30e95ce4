/** What the command line ends with, for scripts. */
export const EXIT = {
  /** Everything was done. */
  ok: 0,
  /** The run went through, but some rows have failed. */
  someFailed: 1,
  /** What was asked for cannot be meant: nothing was sent. */
  usage: 2,
  /** It could not go on: a disk, a journal, an input, or a server that lets nobody in. */
  broken: 3,
  /** The budget is spent. */
  budget: 4,
  /** Stopped after the pilot. */
  pilot: 5,
  /** Ctrl-C. */
  interrupted: 130,
  /** Whoever read the output has gone. */
  readerGone: 141,
  /** Told to terminate. */
  terminated: 143,
} as const;

/** The same as a text for `--help`. */
export const EXIT_HELP = `Exit codes:
  0    everything was done
  1    the run went through, but some rows have failed
  2    wrong use: nothing was sent
  3    it could not go on (disk, journal, input, a server that lets nobody in)
  4    the budget is spent
  5    stopped after the pilot
  130  Ctrl-C; 143 SIGTERM; 141 whoever read the output has gone`;

/** Ends the command with a message for people. */
export class CliError extends Error {
  /** The name of the class. */
  override readonly name = "CliError";
  /** What the process ends with. */
  readonly exitCode: number;

  /** A wrong use, unless another code is given. */
  constructor(message: string, exitCode: number = EXIT.usage, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The reason in few words. */
export function errorMessage(cause: unknown): string {
  return cause instanceof Error ? cause.message : "something was thrown that is no error";
}
