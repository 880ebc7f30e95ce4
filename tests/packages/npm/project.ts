/** Installs the package in an empty folder, as its users do. */
import ts from "typescript";
import { delimiter, dirname } from "node:path";
import config from "../../../deno.json" with { type: "json" };
import { mustRun, type Output, run, type Running, start } from "../../runtimes/command.ts";
import type { Runtime } from "../../runtimes/runtimes.ts";

/** The path of the command, from the folder of a project. */
export const SHOAL = "node_modules/@shoal/agents/bin/shoal.js";

/** A folder in which the package is installed. */
export interface Project {
  readonly folder: string;
  /** Installs other packages, too: their names, or names with versions. */
  add(packages: readonly string[]): Promise<void>;
  /** Writes a file, and TypeScript in a form that the runtime can read. */
  write(name: string, source: string): Promise<void>;
  /** Starts the runtime with these arguments. */
  start(args: readonly string[], env?: Record<string, string>): Running;
  /** Runs the runtime with these arguments. */
  run(args: readonly string[], env?: Record<string, string>): Promise<Output>;
  /** Runs another command, for which the runtime is the first in PATH. */
  exec(command: readonly string[]): Promise<Output>;
}

/** Installs the packed package, and nothing else. */
export async function install(
  folder: string,
  { path, isBun, hasUsing }: Runtime,
  tarball: string,
): Promise<Project> {
  const PATH = [dirname(path!), Deno.env.get("PATH")].join(delimiter);
  const options = (env: Record<string, string> = {}) => ({ cwd: folder, env: { PATH, ...env } });
  const add = async (packages: readonly string[]): Promise<void> => {
    const command = isBun
      ? [path!, "add", "--no-progress"]
      : ["npm", "install", "--prefer-offline", "--no-audit", "--no-fund"];
    await mustRun([...command, ...packages], { ...options(), timeout: 240_000 });
  };
  await Deno.mkdir(folder, { recursive: true });
  await Deno.writeTextFile(`${folder}/package.json`, '{ "type": "module", "private": true }');
  await add([tarball]);
  return {
    folder,
    add,
    async write(name, source) {
      await Deno.mkdir(dirname(`${folder}/${name}`), { recursive: true });
      const isReadable = hasUsing || !name.endsWith(".ts");
      await Deno.writeTextFile(`${folder}/${name}`, isReadable ? source : lowerUsing(source));
    },
    start: (args, env) => start([path!, ...args], options(env)),
    run: (args, env) => run([path!, ...args], options(env)),
    exec: (command) => run(command, options()),
  };
}

/** The packages of the library and those of its tests, with their versions. */
const PACKAGES = { ...config.imports, ...config.scopes["./"] };

/** Returns a package with the version that deno.json has. */
export function pinned(name: keyof typeof PACKAGES): string {
  return PACKAGES[name].replace(/^npm:/, "");
}

/** Converts a module for runtimes that do not know `using`. */
function lowerUsing(source: string): string {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  return outputText;
}
