/** Imports each entry, and prints the names of its exports. */
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const file = new URL("./node_modules/@shoal/agents/package.json", import.meta.url);
const { exports } = JSON.parse(await readFile(file, "utf8"));
const all: Record<string, string[]> = {};
for (const entry of Object.keys(exports)) {
  if (entry === "./package.json") continue;
  all[entry] = Object.keys(await import(`@shoal/agents${entry.slice(1)}`)).sort();
}
// CommonJS gets the same module.
const { batch } = await import("@shoal/agents");
assert.equal(createRequire(import.meta.url)("@shoal/agents").batch, batch);
console.log(JSON.stringify(all));
