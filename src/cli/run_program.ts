import { CommanderError } from "commander";
import { missingPermission } from "../model/cause_message.ts";
import { CliError, hasCode } from "./cli_error.ts";
import { EXIT } from "./exit_code.ts";
import { buildProgram } from "./program.ts";
import { runtimeVersion } from "./runtime.ts";
import { writeStderr } from "./write_stderr.ts";
import { writeStdout } from "./write_stdout.ts";

/** Runs a command, reports its error, and returns the exit code. */
export async function runProgram(args: readonly string[]): Promise<number> {
  try {
    return await runCommand(args);
  } catch (error) {
    if (error instanceof CliError) {
      // A closed pipe is no error to report: `shoal run … | head` ends that way.
      if (error.exitCode !== EXIT.readerGone) writeStderr(`${error.message}\n`);
      return error.exitCode;
    }
    const problem = environmentProblem(error);
    if (problem === undefined) throw error;
    writeStderr(`${problem}\n`);
    return EXIT.usage;
  }
}

async function runCommand(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  let help = "";
  const program = buildProgram({
    onEnd: (exitCode) => code = exitCode,
    // Commander does not wait until it is written.
    writeHelp: (text) => help += text,
  });
  try {
    await program.parseAsync(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    code = error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  }
  if (help !== "") await writeStdout(help);
  return code;
}

/** Returns what this process lacks, if that is the cause of the error. */
function environmentProblem(error: unknown): string | undefined {
  const missing = missingPermission(error);
  if (missing !== undefined) {
    return `${missing}. "shoal doctor" lists all permissions that are needed`;
  }
  if (!hasCode(error, "ERR_UNKNOWN_BUILTIN_MODULE")) return undefined;
  return `Shoal needs Node 22.13 or later for its journal in SQLite: this is ${runtimeVersion()}`;
}
