/** Where a run is kept, and what keeps it from beginning. */
import { resolve } from "node:path";
import type { BudgetOptions } from "../../../mod.ts";
import type { Journal } from "../../journal/mod.ts";
import { CliError, EXIT } from "../exit_code.ts";
import { defaultRunName, RunFolder, wrapJournalError } from "./run_folder.ts";
import type { RunSettings } from "./run_settings.ts";

/**
 * What is read must not be overwritten meanwhile.
 *
 * @throws {CliError} If it would be.
 */
export function checkPaths({ in: input, out, errors }: RunSettings): void {
  const paths = [input, out, errors].filter((path) => path !== undefined && path !== "-");
  const twice = paths.find((path, i) =>
    paths.some((other, j) => j < i && resolve(other!) === resolve(path!))
  );
  if (twice === undefined) return;
  throw new CliError(`Cannot use ${twice} for more than one of --in, --out and --errors`);
}

/**
 * The folder of the run that is meant.
 *
 * @throws {CliError} If it cannot have that name.
 */
export function resolveRunFolder(reference: string | undefined, settings: RunSettings): RunFolder {
  const { prompt, system, schema, model } = settings;
  const who = reference ?? JSON.stringify([prompt, system, schema, model]);
  const at = (path: string) => path === "-" ? path : resolve(path);
  const name = settings.run ?? defaultRunName(who, at(settings.in), at(settings.out));
  if (name === "" || /[\\/]|^\.+$|^-/.test(name)) {
    throw new CliError(
      `Cannot name a run "${name}" as it must be the name of a folder, and begin with no "-"`,
    );
  }
  return new RunFolder(settings.dir, name);
}

/**
 * Nothing that there is already is overwritten unless it was said so. Says whether the run begins now.
 *
 * @throws {CliError} If it would be.
 */
export async function prepareRun(
  folder: RunFolder,
  { resume, fresh, out }: RunSettings,
): Promise<boolean> {
  const before = await folder.readRecord().catch((error) => {
    if (fresh) return "unreadable";
    throw error;
  });
  if (before !== undefined && fresh) {
    await folder.delete().catch((error) => {
      throw wrapJournalError(error);
    });
  }
  if (fresh) return true;
  if (before !== undefined && !resume) {
    throw new CliError(
      `Cannot begin the run "${folder.name}" as it has begun already: --resume goes on with it, --fresh begins anew`,
    );
  }
  if (before === undefined && out !== "-" && await hasContent(out)) {
    throw new CliError(`Cannot write ${out} as there is something in it: --fresh overwrites it`);
  }
  return before === undefined;
}

async function hasContent(path: string): Promise<boolean> {
  try {
    const { isFile, size } = await Deno.stat(path);
    return isFile && size > 0;
  } catch {
    return false;
  }
}

/**
 * What the run may still spend.
 *
 * @throws {CliError} If that is nothing.
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
    `Cannot go on with the run "${runId}" as its budget of $${budget} is spent: --budget gives it more`,
    EXIT.budget,
  );
}
