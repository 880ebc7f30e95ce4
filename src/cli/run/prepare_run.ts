/** Checks that a run can start, and finds the folder that records it. */
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import process from "node:process";
import type { BudgetOptions } from "../../../mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { CliError } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { isSameFile } from "../files/same_file.ts";
import { RunFolder, wrapJournalError } from "./run_folder.ts";
import { defaultRunName, runNameProblem, storedRunName } from "./run_name.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * Checks that the input and the outputs are different files.
 *
 * @throws {CliError} If two of them are the same.
 */
export async function checkPaths({ in: input, out, errors }: RunSettings): Promise<void> {
  const paths = [input, out, errors].filter((path) => path !== undefined && path !== "-");
  for (const [i, path] of paths.entries()) {
    for (const other of paths.slice(0, i)) {
      if (!await isSameFile(path!, other!)) continue;
      throw new CliError(`Cannot use ${path} for more than one of --in, --out and --errors`);
    }
  }
}

/**
 * Returns the folder of the run with these settings.
 *
 * @throws {CliError} If the name of the run is invalid.
 */
export async function resolveRunFolder(
  reference: string | undefined,
  settings: RunSettings,
): Promise<RunFolder> {
  const { prompt, system, schema, model } = settings;
  const called = reference ?? JSON.stringify([prompt, system, schema, model]);
  // Simulated answers must not be replayed by a run with a real server.
  const agent = settings.simulate ? `${called} --simulate` : called;
  const absolute = (path: string) => path === "-" ? path : resolve(path);
  const name = settings.run ?? defaultRunName(agent, absolute(settings.in), absolute(settings.out));
  const problem = runNameProblem(name, process.platform);
  if (problem !== undefined) throw new CliError(`Cannot use the --run "${name}" as ${problem}`);
  return new RunFolder(settings.dir, await storedRunName(settings.dir, name));
}

/**
 * Checks that nothing is overwritten without `--fresh`, and deletes an earlier run with it.
 *
 * @returns Whether the run is new.
 * @throws {CliError} If the run has started before, or its output has content.
 */
export async function prepareRun(
  folder: RunFolder,
  { resume, fresh, out }: RunSettings,
): Promise<boolean> {
  const record = await folder.readRecord().catch((error) => {
    if (fresh) return "unreadable";
    throw error;
  });
  if (record !== undefined && fresh) {
    await folder.delete().catch((error) => {
      throw wrapJournalError(error);
    });
  }
  if (fresh) return true;
  if (record !== undefined && !resume) {
    throw new CliError(
      `Cannot start the run "${folder.name}" as it has already started: ` +
        "--resume continues it, --fresh starts over",
    );
  }
  if (record === undefined && out !== "-" && await hasContent(out)) {
    throw new CliError(`Cannot write ${out} as it is not empty: --fresh overwrites it`);
  }
  return record === undefined;
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
