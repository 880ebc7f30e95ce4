/** Checks that a run can start, and finds the folder that records it. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import type { BudgetOptions } from "../../../mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { inputName } from "../rows/open_input.ts";
import { isSameFile } from "../files/same_file.ts";
import { findPipeRuns, isPipe } from "./pipe_runs.ts";
import { RunFolder, wrapJournalError } from "./run_folder.ts";
import { checkUnlocked, restoreReplacedRun } from "./run_start.ts";
import { defaultRunName, runNameProblem, storedRunName } from "./run_name.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * Checks that the input and the outputs are different files, and that outputs can have their names.
 *
 * @throws {CliError} If two of them are the same, or an output has the name of a compressed file.
 */
export async function checkPaths({ in: input, out, errors }: RunSettings): Promise<void> {
  const paths = [input, out, errors].filter((path) => path !== undefined && path !== "-");
  for (const [i, path] of paths.entries()) {
    for (const other of paths.slice(0, i)) {
      if (!await isSameFile(path!, other!)) continue;
      throw new CliError(`Cannot use ${path} for more than one of --in, --out and --errors`);
    }
  }
  const compressed = [out, errors].find((path) => path?.toLowerCase().endsWith(".gz"));
  if (compressed === undefined) return;
  throw new CliError(
    `Cannot write ${compressed} as outputs are not compressed: leave out ".gz", or use a pipe ` +
      "(shoal run … | gzip > FILE)",
  );
}

/**
 * Checks that the input can be read twice, if there is a pilot.
 *
 * @throws {CliError} If it can be read only once.
 */
export async function checkPilotInput({ in: input, pilot }: RunSettings): Promise<void> {
  if (pilot === undefined || !await isPipe(input)) return;
  throw new CliError(
    `Cannot use --pilot with ${
      inputName(input)
    } as it can be read only once: name a file with --in`,
  );
}

/** The run that a command starts or continues. */
export interface ResolvedRun {
  /** Its folder, which may not exist yet. */
  readonly folder: RunFolder;
  /** The last run of the same command, if this one is new as its rows come from a pipe. */
  readonly previous?: RunFolder;
  /** Returns the folder to use if another process has just created this one. */
  readonly nextFolder?: () => Promise<RunFolder>;
}

/**
 * Returns the run with these settings.
 *
 * @throws {CliError} If the name of the run is invalid.
 */
export async function resolveRun(
  reference: string | undefined,
  settings: RunSettings,
): Promise<ResolvedRun> {
  const { prompt, system, schema, model, dir, resume, fresh } = settings;
  const called = reference ?? JSON.stringify([prompt, system, schema, model]);
  // Simulated answers must not be replayed by a run with a real server.
  const agent = settings.simulate ? `${called} --simulate` : called;
  const absolute = (path: string) => path === "-" ? path : resolve(path);
  const name = settings.run ?? defaultRunName(agent, absolute(settings.in), absolute(settings.out));
  const problem = runNameProblem(name, process.platform);
  if (problem !== undefined) throw new CliError(`Cannot use the --run "${name}" as ${problem}`);
  if (settings.run === undefined && await isPipe(settings.in)) {
    const { last, next } = await findPipeRuns(dir, name);
    if (resume || fresh) return { folder: last ?? next };
    const nextFolder = async () => (await findPipeRuns(dir, name)).next;
    return { folder: next, nextFolder, ...(last !== undefined && { previous: last }) };
  }
  return { folder: new RunFolder(dir, await storedRunName(dir, name)) };
}

/**
 * Checks that nothing is overwritten without `--fresh`.
 *
 * @throws {CliError} If the run has started before, or its output has content.
 */
export async function checkNothingOverwritten(
  { folder, previous }: ResolvedRun,
  { resume, fresh, out }: RunSettings,
): Promise<void> {
  await restoreReplacedRun(folder);
  if (fresh) return;
  const record = await folder.readRecord();
  // A start that was killed before its first row has sent nothing.
  if (record !== undefined && !resume && await hasRows(folder)) {
    throw new CliError(
      `Cannot start the run "${folder.name}" as it has already started: ` +
        "--resume continues it, --fresh starts over",
    );
  }
  if (record !== undefined || out === "-" || !await hasContent(out)) return;
  // The output of the same command: the journal of that run keeps its answers.
  if (await previous?.readRecord() !== undefined) return await checkUnlocked(previous!);
  throw new CliError(`Cannot write ${out} as it is not empty: --fresh overwrites it`);
}

async function hasRows(folder: RunFolder): Promise<boolean> {
  try {
    await using journal = folder.openJournal();
    return await journal.summary(folder.name) !== undefined;
  } catch (error) {
    throw wrapJournalError(error);
  }
}

async function hasContent(path: string): Promise<boolean> {
  try {
    const info = await stat(path);
    return info.isFile() && info.size > 0;
  } catch {
    return false;
  }
}

/**
 * Returns the part of the budget that earlier starts have not spent.
 *
 * @throws {CliError} If nothing is left.
 */
export async function remainingBudget(
  journal: Journal,
  runId: string,
  { budget }: RunSettings,
): Promise<BudgetOptions | undefined> {
  if (budget === undefined) return undefined;
  const spent = (await journal.summary(runId))?.cost?.total ?? 0;
  if (spent < budget) return { cost: budget - spent };
  throw new CliError(
    `Cannot continue the run "${runId}" as its budget of $${budget} is spent: ` +
      "set a larger --budget",
    { exitCode: EXIT.budget },
  );
}
