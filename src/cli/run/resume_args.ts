import { dirname } from "node:path";
import process from "node:process";
import { CliError, errorMessage } from "../cli_error.ts";
import type { RunFolder } from "./run_folder.ts";

/** Flags that held for the first start only. */
const DROPPED_FLAGS: ReadonlySet<string> = new Set(["--fresh", "--resume", "--retry-failed"]);

/**
 * Returns the arguments that resume a run, and changes to the directory in which it was started:
 * paths may be relative to it.
 *
 * @param newArgs Options that replace those of the first start.
 * @throws {CliError} If the start of the run is not recorded.
 */
export async function resumeArgs(
  folder: RunFolder,
  newArgs: readonly string[],
): Promise<readonly string[]> {
  const record = await folder.readRecord();
  if (record === undefined) {
    throw new CliError(
      `Cannot resume the run "${folder.name}" as how it was started is not recorded`,
    );
  }
  try {
    if (process.cwd() !== record.cwd) process.chdir(record.cwd);
  } catch (cause) {
    throw new CliError(
      `Cannot resume the run "${folder.name}" as its directory ${record.cwd} ` +
        `cannot be entered: ${errorMessage(cause)}`,
      { cause },
    );
  }
  return [
    ...record.args.filter((arg) => !DROPPED_FLAGS.has(arg)),
    "--run",
    folder.name,
    "--dir",
    dirname(folder.path),
    "--resume",
    "--keep-record",
    ...newArgs,
  ];
}
