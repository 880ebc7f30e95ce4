import process from "node:process";
import { inspect } from "node:util";
import { EXIT } from "./exit_code.ts";
import { shareOwnCopy } from "../workers/share_own_copy.ts";
import { hideSqliteWarning } from "./hide_sqlite_warning.ts";
import { mapSources } from "./map_sources.ts";
import { writeStderr } from "./write_stderr.ts";
import { flushStdout } from "./write_stdout.ts";

/** Runs the command line, and ends the process with its exit code. */
export async function runProcess(args: readonly string[]): Promise<void> {
  process.on("uncaughtException", exitUnexpectedly);
  process.on("unhandledRejection", exitUnexpectedly);
  hideSqliteWarning();
  mapSources();
  shareOwnCopy();
  try {
    const { runProgram } = await import("./run_program.ts");
    const code = await runProgram(args);
    await flushStdout();
    process.exit(code);
  } catch (error) {
    exitUnexpectedly(error);
  }
}

/** An unexpected error must not exit with 1, which means that some rows have failed. */
function exitUnexpectedly(error: unknown): void {
  writeStderr(`${inspect(error)}\n`);
  process.exit(EXIT.broken);
}
