/**
 * Texts of the command line that `docs/troubleshooting.md` does not explain, by the reason. All
 * other texts must be there.
 */
export const NOT_DOCUMENTED: Readonly<Record<string, readonly string[]>> = {
  "is part of the help": [
    "name of the run (default: the last run)",
    "resume a run with the options that it was started with",
    "resume a run, and retry failed rows",
  ],
  "is a word of another message": [
    "the file of the agents",
    "the standard input",
  ],
  "is a figure of a run": [
    "… tokens in (… from the cache, … written to it), … out (… for reasoning)",
    "reported by the server",
    "by price list",
    "started at …, last row at …",
    "time per row: … (p95 …, p99 …)",
    "(in a sample of … rows)",
    "and … more causes",
    "no rows yet",
    ", about … in total",
  ],
  "is caught by the command": [
    "the connection was closed",
  ],
};
