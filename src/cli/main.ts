/**
 * The command line: `deno run -A jsr:@shoal/agents/cli --help`.
 *
 * Rows are read from a file or the standard input, and are written as they are finished. Data goes
 * to the standard output, everything else to the standard error. Each run is recorded below
 * `.shoal`, so that it can be resumed whatever has ended it.
 *
 * @example
 * ```sh
 * shoal run agents.ts#Sentiment --in reviews.jsonl --out labels.jsonl --concurrency 200 --budget 5
 * shoal run --prompt "Label: {text}" --model gpt-5-mini < reviews.jsonl | head
 * ```
 *
 * @module
 */
import { CommanderError } from "commander";
import { CliError, missingPermission } from "./cli_error.ts";
import { EXIT } from "./exit_code.ts";
import { buildProgram } from "./program.ts";
import { writeStderr } from "./write_stderr.ts";

/**
 * Runs the command line.
 *
 * @param args The arguments after the program's name.
 * @returns The exit code.
 *
 * @example
 * ```ts
 * import { shoal } from "@shoal/agents/cli";
 *
 * const code = await shoal(["runs", "--dir", ".no-such-folder"]);
 * console.log(code); // 0
 * ```
 */
export async function shoal(args: readonly string[]): Promise<number> {
  let code: number = EXIT.ok;
  try {
    await buildProgram((exitCode) => code = exitCode).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CliError)) {
      const missing = missingPermission(error);
      if (missing === undefined) throw error;
      writeStderr(`${missing}. "shoal doctor" lists all permissions that are needed\n`);
      return EXIT.usage;
    }
    // A closed pipe is no error to report: `shoal run … | head` ends that way.
    if (error.exitCode !== EXIT.readerGone) writeStderr(`${error.message}\n`);
    return error.exitCode;
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await shoal(Deno.args));
  } catch (error) {
    // An unexpected error must not exit with 1, which means that some rows have failed.
    console.error(error);
    Deno.exit(EXIT.broken);
  }
}
