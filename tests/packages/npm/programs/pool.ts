/** Runs calls in workers: `pool.ts`. */
import { batch } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import assert from "node:assert/strict";
import process from "node:process";
import { Shout } from "./agents.ts";

await using pool = workers({ module: import.meta.resolve("./agents.ts"), size: 2 });
const calls = ["a", "b", "c"].map((input) => [Shout, { input }] as const);
const results = await batch(calls, { mode: pool });
assert.deepEqual(results.map(({ content, error }) => content ?? error), [
  "SAID A",
  "SAID B",
  "SAID C",
]);
console.log("ok", process.versions.node);
