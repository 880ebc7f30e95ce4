import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import process from "node:process";
import { runtimeOf } from "../runtime.ts";
import { VERSION } from "../version.ts";

const PACKAGE = "@shoal/agents";

/**
 * Returns what a file of agents must import the package by, to get the copy that runs this command.
 * Node and Bun resolve the name to that copy, and so does the import map of a checkout.
 */
export function packageSpecifier(): string {
  if (runtimeOf() !== "deno") return PACKAGE;
  // No import map applies to a package from a registry.
  if (!import.meta.url.startsWith("file:")) return `jsr:${PACKAGE}@${VERSION}`;
  const own = new URL("../../../mod.ts", import.meta.url).href;
  try {
    return import.meta.resolve("@shoal/agents") === own ? PACKAGE : own;
  } catch {
    return own;
  }
}

/** Returns the extension of a module with agents that this runtime loads from a folder. */
export async function agentsExtension(folder: string): Promise<".ts" | ".mts" | ".mjs"> {
  if (runtimeOf() !== "node") return ".ts";
  const { typescript } = process.features as { readonly typescript?: unknown };
  if (!typescript) return ".mjs";
  return await packageType(folder) === "commonjs" ? ".mts" : ".ts";
}

/** Returns the `type` in the package.json that applies to a folder. */
async function packageType(folder: string): Promise<unknown> {
  for (let path = resolve(folder);; path = dirname(path)) {
    try {
      return JSON.parse(await readFile(join(path, "package.json"), "utf8")).type;
    } catch {
      // There is none in this folder, or it is none.
    }
    if (path === dirname(path)) return undefined;
  }
}
