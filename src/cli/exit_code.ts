/** The exit codes of the process. */
export const EXIT = {
  /** Everything succeeded. */
  ok: 0,
  /** The run is complete, but some rows have failed. */
  someFailed: 1,
  /** Wrong use: nothing was sent. */
  usage: 2,
  /** The command could not continue: a disk, a journal, an input, or a server that rejects it. */
  broken: 3,
  /** The budget is spent. */
  budget: 4,
  /** Stopped after the pilot. */
  pilot: 5,
  /** Ctrl-C. */
  interrupted: 130,
  /** The reader of the output has closed the pipe. */
  readerGone: 141,
  /** SIGTERM. */
  terminated: 143,
} as const;

/** The exit codes, for `--help`. */
export const EXIT_HELP = `Exit codes:
  0    everything succeeded
  1    the run is complete, but some rows have failed (replay: a request was not recorded)
  2    wrong use: nothing was sent
  3    could not continue (disk, journal, input, or a server that rejects every request
       or asks for a long wait; doctor: a check failed)
  4    the budget is spent
  5    stopped after the pilot
  130  Ctrl-C; 143 SIGTERM; 141 the reader of the output has closed the pipe

record and replay exit with the code of their command, and servers with 0 after Ctrl-C.`;
