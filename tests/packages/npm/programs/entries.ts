/** Imports each entry, and prints the names of its exports. */
import { readFile } from "node:fs/promises";

const file = new URL("./node_modules/@shoal/agents/package.json", import.meta.url);
const { exports } = JSON.parse(await readFile(file, "utf8"));
const all: Record<string, string[]> = {};
for (const entry of Object.keys(exports)) {
  if (entry === "./package.json") continue;
  all[entry] = Object.keys(await import(`@shoal/agents${entry.slice(1)}`)).sort();
}
console.log(JSON.stringify(all));
