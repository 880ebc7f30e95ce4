import { createHash } from "node:crypto";
import { join, resolve } from "node:path";
import { type Journal, JournalError, sqliteJournal } from "../../journal/mod.ts";
import { CliError, errorMessage, EXIT } from "../exit_code.ts";

/** What is kept of how a run was started, so that it can be resumed. */
export interface RunRecord {
  /** What stood behind `shoal run`. */
  readonly args: readonly string[];
  /** Where it was started. */
  readonly cwd: string;
  /** When, in milliseconds since 1970. */
  readonly createdAt: number;
}

/** The folder of a run: its journal, how it was started, and what else is to be known after a restart. */
export class RunFolder {
  /** The name of the run. */
  readonly name: string;
  /** Where the folder is. */
  readonly path: string;

  /** The folder of this run below `dir`; nothing is opened. */
  constructor(dir: string, name: string) {
    this.name = name;
    this.path = join(resolve(dir), name);
  }

  /** Makes the folder, if it is not there. */
  async create(): Promise<void> {
    try {
      await Deno.mkdir(this.path, { recursive: true });
    } catch (cause) {
      throw new CliError(
        `Cannot make the folder of the run ${this.path}: ${errorMessage(cause)}`,
        EXIT.broken,
        { cause },
      );
    }
  }

  /** Opens its journal. */
  openJournal(): Journal {
    return sqliteJournal(join(this.path, "journal.db"));
  }

  /** How it was started; `undefined` if it was not. */
  async readRecord(): Promise<RunRecord | undefined> {
    try {
      const record = JSON.parse(await Deno.readTextFile(join(this.path, "run.json")));
      if (!Array.isArray(record?.args) || typeof record.cwd !== "string") {
        throw new TypeError("run.json is not what was written there");
      }
      return record;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new CliError(
        `Cannot read how the run "${this.name}" was started: ${errorMessage(error)}`,
        EXIT.broken,
      );
    }
  }

  /** Keeps how it was started. */
  async saveRecord(record: RunRecord): Promise<void> {
    await this.writeFile("run.json", JSON.stringify(record, null, 2));
  }

  /** Forgets how it was started, as if it had not been; what its journal has stays. */
  async deleteRecord(): Promise<void> {
    await Deno.remove(join(this.path, "run.json")).catch(() => {});
  }

  /** Writes a file of the folder, whole or not at all. */
  async writeFile(name: string, text: string): Promise<void> {
    const path = join(this.path, name);
    await Deno.writeTextFile(`${path}.part`, text);
    await Deno.rename(`${path}.part`, path);
  }

  /** Forgets the run; one that is being written to is refused. */
  async delete(): Promise<void> {
    {
      await using journal = this.openJournal();
      await journal.prune({ runId: this.name });
    }
    await Deno.remove(this.path, { recursive: true });
  }
}

/** Runs below a folder, the oldest first. */
export async function listRunFolders(dir: string): Promise<readonly RunFolder[]> {
  const found: { readonly folder: RunFolder; readonly at: number }[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(dir)) {
      if (!isDirectory) continue;
      const folder = new RunFolder(dir, name);
      // One that cannot be read is no reason not to find the others; who names it is told.
      const at = await folder.readRecord().then((record) => record?.createdAt, () => 0);
      if (at !== undefined) found.push({ folder, at });
    }
  } catch (cause) {
    if (cause instanceof Deno.errors.NotFound) return [];
    throw new CliError(`Cannot look for runs in ${dir}: ${errorMessage(cause)}`, undefined, {
      cause,
    });
  }
  return found.sort((a, b) => a.at - b.at).map(({ folder }) => folder);
}

/**
 * The folder of a run that there is; the last one, if none is named.
 *
 * @throws {CliError} If there is none.
 */
export async function findRun(dir: string, name: string | undefined): Promise<RunFolder> {
  const folders = await listRunFolders(dir);
  const folder = name === undefined ? folders.at(-1) : folders.find((one) => one.name === name);
  if (folder !== undefined) return folder;
  throw new CliError(
    name === undefined
      ? `Cannot find a run in ${dir}: "shoal run" begins one`
      : `Cannot find the run "${name}" in ${dir}: "shoal runs" lists them`,
  );
}

/** A name for a run: the same whenever the same agent is run on the same input to the same output. */
export function defaultRunName(agent: string, input: string, output: string): string {
  const hash = createHash("sha256").update(JSON.stringify([agent, input, output])).digest("hex");
  const stem = (input === "-" ? "stdin" : input).split(/[\\/]/).at(-1)!.replace(/\.[^.]*$/, "");
  return `${stem.replaceAll(/[^\w-]+/g, "-") || "run"}-${hash.slice(0, 6)}`;
}

/** What a journal says, for the command line; anything else stays what it is. */
export function wrapJournalError(error: unknown): unknown {
  return error instanceof JournalError
    ? new CliError(error.message, EXIT.broken, { cause: error })
    : error;
}
