import { readdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { type Journal, JournalError, sqliteJournal } from "../../journal/mod.ts";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { renameFile } from "../files/rename_file.ts";
import { storedRunName } from "./run_name.ts";

/** How a run was started, so that it can be resumed. */
export interface RunRecord {
  /** The arguments after `shoal run`. */
  readonly args: readonly string[];
  /** The working directory. */
  readonly cwd: string;
  /** When it was started, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** The folder of a run: its journal, how it was started, and other data for later starts. */
export class RunFolder {
  /** The name of the run. */
  readonly name: string;
  /** The path of the folder. */
  readonly path: string;

  /** Names the folder of a run below `dir`. Nothing is opened. */
  constructor(dir: string, name: string) {
    this.name = name;
    this.path = join(resolve(dir), name);
  }

  /** Opens the journal of the run. */
  openJournal(): Journal {
    return sqliteJournal(join(this.path, "journal.db"));
  }

  /** Reads how the run was started; `undefined` if it was not. */
  async readRecord(): Promise<RunRecord | undefined> {
    try {
      const record = JSON.parse(await readFile(join(this.path, "run.json"), "utf8"));
      if (!Array.isArray(record?.args) || typeof record.cwd !== "string") {
        throw new TypeError("run.json has other content than was written to it");
      }
      return record;
    } catch (error) {
      if (hasCode(error, "ENOENT")) return undefined;
      throw new CliError(
        `Cannot read how the run "${this.name}" was started: ${errorMessage(error)}`,
        { exitCode: EXIT.broken, cause: error },
      );
    }
  }

  /** Records how the run was started. */
  async saveRecord(record: RunRecord): Promise<void> {
    await this.writeFile("run.json", JSON.stringify(record, null, 2));
  }

  /** Writes a file of the folder atomically. */
  async writeFile(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    await writeFile(`${path}.part`, text);
    await renameFile(`${path}.part`, path);
  }
}

/** Whether the folder holds a run that a start with `--fresh` is about to replace. */
export function isReplacedRun(name: string): boolean {
  return /^\..*\.replaced$/.test(name);
}

/** Returns the folders of all runs below a directory, the oldest first. */
export async function listRunFolders(dir: string): Promise<readonly RunFolder[]> {
  const found: { readonly folder: RunFolder; readonly createdAt: number }[] = [];
  try {
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      if (!entry.isDirectory() || isReplacedRun(entry.name)) continue;
      const folder = new RunFolder(dir, entry.name);
      // An unreadable record must not hide the other runs. Commands on that run report the error.
      const createdAt = await folder.readRecord().then((record) => record?.createdAt, () => 0);
      if (createdAt !== undefined) found.push({ folder, createdAt });
    }
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return [];
    throw new CliError(`Cannot look for runs in ${dir}: ${errorMessage(cause)}`, { cause });
  }
  return found.sort((a, b) => a.createdAt - b.createdAt).map(({ folder }) => folder);
}

/**
 * Returns the folder of an existing run: that of the name, or the last one.
 *
 * @throws {CliError} If there is none.
 */
export async function findRun(dir: string, name: string | undefined): Promise<RunFolder> {
  const folders = await listRunFolders(dir);
  const stored = name === undefined ? undefined : await storedRunName(dir, name);
  const folder = name === undefined ? folders.at(-1) : folders.find((one) => one.name === stored);
  if (folder !== undefined) return folder;
  throw new CliError(
    name === undefined
      ? `Cannot find a run in ${dir}: "shoal run" starts one`
      : `Cannot find the run "${name}" in ${dir}: "shoal runs" lists all runs`,
  );
}

/** Returns a {@linkcode CliError} for an error of the journal, and any other error unchanged. */
export function wrapJournalError(error: unknown): unknown {
  return error instanceof JournalError
    ? new CliError(error.message, { exitCode: EXIT.broken, cause: error })
    : error;
}
