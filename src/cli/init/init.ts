import { Command } from "commander";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CliError, errorMessage, hasCode } from "../cli_error.ts";
import { EXIT } from "../exit_code.ts";
import { printLine } from "../write_stdout.ts";
import { AGENT_NAME, type InitFile, initFiles, ROWS_FILE } from "./init_files.ts";
import { invocation, quoteArg } from "./invocation.ts";
import { agentsExtension, packageSpecifier } from "./package_specifier.ts";

const EXAMPLES = `
Examples:
  shoal init                in this folder
  shoal init reviews        in the folder reviews, which is created

Nothing is overwritten: if one of the files exists with other content, none is written.`;

/** Returns the command `init`: files to begin with. */
export function initCommand(): Command {
  return new Command("init")
    .description("write an agent, a schema and sample rows, and print commands to try them")
    .argument("[folder]", "folder for the files", ".")
    .addHelpText("after", EXAMPLES);
}

/**
 * Writes the files that are missing, and prints what it wrote and three commands to try.
 *
 * @throws {CliError} If a file exists with other content. Then none is written.
 */
export async function init(folder: string): Promise<void> {
  const specifier = packageSpecifier();
  const files = initFiles({ specifier, extension: await agentsExtension(folder) });
  const missing: InitFile[] = [];
  for (const file of files) if (await isMissing(folder, file)) missing.push(file);
  await createFolder(folder);
  for (const file of missing) await writeNew(folder, file);
  const width = Math.max(...files.map(({ name }) => join(folder, name).length));
  const lines = files.map((file) => {
    const verb = missing.includes(file) ? "wrote" : "kept ";
    return `${verb}  ${join(folder, file.name).padEnd(width)}  ${file.description}`;
  });
  const commands = await tryCommands(folder, files[0].name);
  await printLine([...lines, "", ...commands].join("\n"));
}

/**
 * Whether a file does not exist yet.
 *
 * @throws {CliError} If it exists with other content.
 */
async function isMissing(folder: string, { name, text }: InitFile): Promise<boolean> {
  const path = join(folder, name);
  try {
    if (await readFile(path, "utf8") === text) return false;
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return true;
    throw writeError(path, cause, EXIT.usage);
  }
  throw new CliError(
    `Cannot write ${path} as it exists with other content: ` +
      "name another folder (shoal init FOLDER). Nothing was written",
  );
}

async function createFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (cause) {
    throw writeError(folder, cause, EXIT.usage);
  }
}

async function writeNew(folder: string, { name, text }: InitFile): Promise<void> {
  const path = join(folder, name);
  try {
    // It fails if the file exists by now.
    await writeFile(path, text, { flag: "wx" });
  } catch (cause) {
    throw writeError(path, cause, EXIT.broken);
  }
}

function writeError(path: string, cause: unknown, exitCode: number): CliError {
  return new CliError(`Cannot write ${path}: ${errorMessage(cause)}`, { cause, exitCode });
}

/** Returns the commands to try, each with a line that explains it. */
async function tryCommands(folder: string, agents: string): Promise<readonly string[]> {
  const shoal = await invocation();
  const path = (name: string) => quoteArg(join(folder, name));
  const run = `${shoal} run ${quoteArg(`${join(folder, agents)}#${AGENT_NAME}`)}`;
  const input = `--in ${path(ROWS_FILE)}`;
  const output = `--out ${path("labels.csv")} --columns label,reason`;
  return [
    "To try it without a key, with answers of a simulated server:",
    `  ${run} ${input} --simulate --fresh`,
    "",
    "To see the requests and what they would cost, with OPENAI_API_KEY set; nothing is sent:",
    `  ${run} ${input} ${output} --dry-run`,
    "",
    "To label the reviews, for at most one dollar:",
    `  ${run} ${input} ${output} --budget 1`,
  ];
}
