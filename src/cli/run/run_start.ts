/**
 * What a start changes before its first row is sent: the folder of the run. It can be undone, so
 * that the corrected command runs after a start that sent nothing, whatever the mistake was.
 */
import { mkdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { renameFile } from "../files/rename_file.ts";
import { type RunFolder, wrapJournalError } from "./run_folder.ts";

/** A start of a run. */
export interface RunStart {
  /** The folder of the run. */
  readonly folder: RunFolder;
  /** Makes the start final, as a row was sent: deletes what `--fresh` replaces. */
  keep(): Promise<void>;
  /** Undoes the start, if it is not final. The journal must be closed. */
  undo(): Promise<void>;
}

/** Options of {@linkcode startRun}. */
export interface StartOptions {
  /** Whether an earlier run in the folder is replaced. */
  readonly fresh: boolean;
  /** Returns the folder to use if another process has just created this one. */
  readonly nextFolder?: () => Promise<RunFolder>;
}

/**
 * Creates the folder of a run, unless it exists.
 *
 * @throws {CliError} If it cannot be created, or another process works on the run to be replaced.
 */
export async function startRun(
  first: RunFolder,
  { fresh, nextFolder }: StartOptions,
): Promise<RunStart> {
  let folder = first;
  const dir = dirname(folder.path);
  const replaced = replacedPath(folder);
  const hadDir = await exists(dir);
  let isReplaced = false;
  let isCreated: boolean;
  try {
    if (fresh && await exists(folder.path)) {
      await checkUnlocked(folder);
      await rm(replaced, { recursive: true, force: true });
      await renameFile(folder.path, replaced);
      isReplaced = true;
    }
    await mkdir(dir, { recursive: true });
    isCreated = await createFolder(folder.path);
    while (!isCreated && nextFolder !== undefined) {
      folder = await nextFolder();
      isCreated = await createFolder(folder.path);
    }
  } catch (cause) {
    if (cause instanceof CliError) throw cause;
    throw new CliError(
      `Cannot create the folder of the run ${folder.path}: ${errorMessage(cause)}`,
      { exitCode: EXIT.broken, cause },
    );
  }
  const recordPath = join(folder.path, "run.json");
  const record = isCreated ? undefined : await readFile(recordPath).catch(() => undefined);
  let isFinal = false;
  return {
    folder,
    async keep() {
      if (isFinal) return;
      isFinal = true;
      if (isReplaced) await remove(replaced);
    },
    async undo() {
      if (isFinal) return;
      isFinal = true;
      if (isCreated) {
        await remove(folder.path);
        if (isReplaced) await rename(replaced, folder.path);
        // Fails if it has other runs.
        else if (!hadDir) await rmdir(dir).catch(() => {});
      } else if (record !== undefined) await writeFile(recordPath, record);
      else await unlink(recordPath).catch(() => {});
    },
  };
}

function replacedPath({ path, name }: RunFolder): string {
  return join(dirname(path), `.${name}.replaced`);
}

/**
 * Restores the run that an earlier start with `--fresh` was about to replace when its process was
 * killed.
 */
export async function restoreReplacedRun(folder: RunFolder): Promise<void> {
  if (await exists(folder.path)) return;
  await rename(replacedPath(folder), folder.path).catch(() => {});
}

/** Returns false if the folder exists. */
async function createFolder(path: string): Promise<boolean> {
  try {
    await mkdir(path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST") && (await stat(path)).isDirectory()) return false;
    throw error;
  }
}

/**
 * Checks that no other process works on a run.
 *
 * @throws {CliError} If one does, or the journal cannot be read.
 */
export async function checkUnlocked(folder: RunFolder): Promise<void> {
  try {
    await using journal = folder.openJournal();
    await (await journal.open(folder.name)).close();
  } catch (error) {
    throw wrapJournalError(error);
  }
}

/** On Windows, a virus scanner may still read a file. */
async function remove(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

async function exists(path: string): Promise<boolean> {
  return await stat(path).then(() => true, () => false);
}
