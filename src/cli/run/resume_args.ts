import { dirname } from "node:path";
import { CliError, errorMessage } from "../exit_code.ts";
import type { RunFolder } from "./run_folder.ts";

/** How a run is to be started this time is not what it was started with. */
const DROPPED_FLAGS: ReadonlySet<string> = new Set(["--fresh", "--resume", "--retry-failed"]);

/**
 * What starts a run again: what it was started with, and what is to be otherwise. Goes to where it was started, as paths may start there.
 *
 * @param more Options that take the place of those from before.
 * @throws {CliError} If that is not known.
 */
export async function resumeArgs(
  folder: RunFolder,
  more: readonly string[],
): Promise<readonly string[]> {
  const record = await folder.readRecord();
  if (record === undefined) {
    throw new CliError(`Cannot tell how the run "${folder.name}" was started`);
  }
  try {
    if (Deno.cwd() !== record.cwd) Deno.chdir(record.cwd);
  } catch (cause) {
    throw new CliError(
      `Cannot go to ${record.cwd}, where the run was started: ${errorMessage(cause)}`,
    );
  }
  const args = record.args.filter((arg) => !DROPPED_FLAGS.has(arg));
  return [
    ...args,
    "--run",
    folder.name,
    "--dir",
    dirname(folder.path),
    "--resume",
    "--again",
    ...more,
  ];
}
