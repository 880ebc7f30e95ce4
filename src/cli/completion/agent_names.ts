import { readFile } from "node:fs/promises";

/** Definitions that are exported where they are made. */
const DEFINED =
  /^export\s+(?:const|let|var)\s+([\w$]+)[^=\n]*=\s*define(?:Agent|Parallel|Pipeline|Router)\b/gm;
/** Other exports that may be agents. */
const DECLARED = /^export\s+(?:const|let|var)\s+([\w$]+)/gm;
/** Lists of exports: `export { A, B as C }`. */
const LISTED = /^export\s*\{([^}]*)\}/gm;

/**
 * Returns the names of the agents that a module seems to export. Its text is searched: a module
 * that is loaded runs its code.
 */
export async function agentNames(file: string): Promise<readonly string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch {
    return [];
  }
  const names = (pattern: RegExp) => [...text.matchAll(pattern)].map(([, name]) => name!);
  const listed = names(LISTED).flatMap((list) => list.split(",")).map((one) => one.trim())
    .filter((one) => one !== "" && !one.startsWith("type "))
    .map((one) => one.split(/\s+as\s+/).at(-1)!);
  const defined = names(DEFINED);
  return [...new Set([...defined.length > 0 ? defined : names(DECLARED), ...listed])];
}
