/**
 * The command line: `deno run -A jsr:@shoal/agents/cli --help`.
 *
 * Rows go in by a file or the standard input and come out as they are finished; data is on the standard output, everything else on the
 * standard error. A run is remembered below `.shoal`, so that it can go on after whatever ended it.
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
import { writeStderr } from "./run/display.ts";
import { CliError, EXIT } from "./exit_code.ts";
import { missingPermission } from "./permission_error.ts";
import { buildProgram } from "./program.ts";

/**
 * Runs the command line.
 *
 * @param args What stands behind the program's name.
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
    await buildProgram((ended) => code = ended).parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!(error instanceof CliError)) {
      const lacking = missingPermission(error);
      if (lacking === undefined) throw error;
      writeStderr(`${lacking}: "shoal doctor" tells all that is needed\n`);
      return EXIT.usage;
    }
    // Nobody is there to be told.
    if (error.exitCode !== EXIT.readerGone) writeStderr(`${error.message}\n`);
    return error.exitCode;
  }
}

if (import.meta.main) {
  try {
    Deno.exit(await shoal(Deno.args));
  } catch (error) {
    // Nobody has thought of this. It must not look like a run of which some rows have failed.
    console.error(error);
    Deno.exit(EXIT.broken);
  }
}
