import { cp } from "node:fs/promises";
import { join } from "node:path";
import { buildPackage } from "../../runtimes/build_package.ts";

const HOME = "node_modules/@shoal/agents";

/** A folder in which the package is installed with its command. */
export interface InstalledCommand {
  /** The path of the folder. The caller removes it. */
  readonly path: string;
  /** The file that starts the command line. */
  readonly main: string;
}

let built: ReturnType<typeof buildPackage> | undefined;

/** Installs the package with its command into a folder; into a new one by default. */
export async function installCommand(folder?: string): Promise<InstalledCommand> {
  const { path: source, write } = await (built ??= buildPackage());
  if (folder !== undefined) await cp(join(source, HOME), join(folder, HOME), { recursive: true });
  else await write(`${HOME}/shoal.mjs`, 'import { main } from "./dist/cli.js"; await main();');
  const path = folder ?? source;
  return { path, main: join(path, HOME, "shoal.mjs") };
}
