import { stat } from "node:fs/promises";
import { delimiter, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { readEnv } from "../environment.ts";
import { runtimeOf } from "../runtime.ts";
import { VERSION } from "../version.ts";

/**
 * Returns how the user can run this command line again: `shoal` if it is installed, and otherwise
 * with the tool that has started it, such as `npx shoal`.
 */
export async function invocation(): Promise<string> {
  // Set by `deno task shoal`.
  const task = readEnv("SHOAL_COMMAND");
  if (task !== undefined) return task;
  return runtimeOf() === "deno" ? await invocationInDeno() : await invocationInNode();
}

async function invocationInDeno(): Promise<string> {
  const path = readEnv("PATH");
  // Without the permission to read it, `deno install` has installed the command.
  if (path === undefined || await isOnPath(path)) return "shoal";
  if (!import.meta.url.startsWith("file:")) return `deno run -A jsr:@shoal/agents@${VERSION}/cli`;
  const config = fileURLToPath(new URL("../../../deno.json", import.meta.url));
  const main = fileURLToPath(new URL("../main.ts", import.meta.url));
  return `deno run -A ${await exists(config) ? `--config=${quoteArg(config)} ` : ""}${
    quoteArg(main)
  }`;
}

async function invocationInNode(): Promise<string> {
  const runner = runtimeOf() === "bun" ? "bunx --bun" : "npx";
  if (await isInstalledHere()) return `${runner} shoal`;
  // The folders to which npx and bunx install a package for one command.
  if (/[\\/](?:_npx[\\/]|bunx-)/.test(mainPath())) return `${runner} @shoal/agents@${VERSION}`;
  if (await isOnPath(readEnv("PATH") ?? "")) return "shoal";
  return `${quoteArg(process.execPath)} ${quoteArg(mainPath())}`;
}

function mainPath(): string {
  return process.argv[1] ?? "";
}

/** Whether this folder, or one above it, has the command among its packages. */
async function isInstalledHere(): Promise<boolean> {
  for (let path = resolve();; path = dirname(path)) {
    const bin = join(path, "node_modules", ".bin", "shoal");
    if (await exists(bin) || await exists(`${bin}.exe`)) return true;
    if (path === dirname(path)) return false;
  }
}

async function isOnPath(path: string): Promise<boolean> {
  const names = process.platform === "win32" ? ["shoal.cmd", "shoal.exe"] : ["shoal"];
  for (const folder of path.split(delimiter)) {
    for (const name of names) if (folder !== "" && await exists(join(folder, name))) return true;
  }
  return false;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Returns a text as one argument of a command, for a shell. */
export function quoteArg(text: string): string {
  if (/^[\w@%+=:,./#~-]+$/.test(text)) return text;
  return process.platform === "win32" ? `"${text}"` : `'${text.replaceAll("'", `'\\''`)}'`;
}
