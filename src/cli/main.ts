/**
 * The command line: `deno run -A jsr:@shoal/agents/cli --help`, or `npx @shoal/agents --help`.
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
import process from "node:process";
import { EXIT } from "./exit_code.ts";
import { runtimeProblem } from "./runtime.ts";

export type { DoctorReport, Finding } from "./commands/doctor.ts";
export type { DryRunEstimate, DryRunReport, DryRunRequest } from "./dry_run/dry_run_report.ts";
export type { RunDetails, RunListing } from "./report/run_details.ts";
export type { RunProgress } from "./report/run_progress.ts";
export type { RunEnding, RunSummary } from "./report/run_summary.ts";
export type { FailureCluster } from "./run/failure_clusters.ts";

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
  const { runProgram } = await import("./run_program.ts");
  return await runProgram(args);
}

/**
 * Runs the command line as the program of this process, and ends the process. For executable files.
 * If the runtime is too old, it prints which version is needed, and exits with 2.
 *
 * @param args The arguments after the program's name.
 * @default {process.argv.slice(2)}
 *
 * @example
 * ```ts ignore
 * #!/usr/bin/env node
 * import { main } from "@shoal/agents/cli";
 *
 * await main();
 * ```
 */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<void> {
  const problem = runtimeProblem();
  if (problem !== undefined) {
    console.error(problem);
    process.exitCode = EXIT.usage;
    return;
  }
  const { runProcess } = await import("./run_process.ts");
  await runProcess(args);
}

if (import.meta.main) void main();
