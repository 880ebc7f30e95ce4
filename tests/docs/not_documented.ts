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
  "is a part of another message": [
    "rename it with --columns …",
    "choose another name with --as",
    "leave out --meta, or rename that column of the input",
    "a column of --columns",
    "a column of --meta",
    "the column for the answer",
    "an object without members",
    "true or false",
    "--schema sets a JSON Schema of an object, --as the column for the whole answer",
    "the agent must have an output schema of an object, or use --as",
    "the answer to line …",
    "the limit of tokens",
    "The faults are error400 to error599, … and …",
  ],
  "is why two flags contradict each other": [
    "--resume continues the run, and --fresh deletes it",
    "--fresh starts over, so that no row has failed yet",
    "--as names the column of the whole answer, and --columns makes columns of its members, " +
    "which --columns member=NAME renames",
    "--quiet shows no progress",
    "batch files need no workers",
    "a batch may take a day, and a pilot answers at once",
    "batch files have limits of their own",
    "only a pilot asks",
    "only batches are polled",
    "only a run that has started before has failed rows",
    "it is the price of that model",
  ],
  "is advice that replaces that of the library": [
    "--rpm and --tpm",
    ", or use another server by --base-url",
    "set --model, or a model in the file of the agents",
    "set OPENAI_API_KEY or --base-url",
    "set --price IN,OUT",
    "raise maxSteps in the file of the agents",
    "; --max-tokens $1 would fit",
    "the timeout of the fallback model",
    "the time limit of an attempt passed",
    "use Deno, Node or Bun",
    "set a provider in the file of the agents: openai() with",
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
