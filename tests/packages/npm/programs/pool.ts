/** Runs calls in workers: `pool.ts`. */
import { batch, configure } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import { openai } from "@shoal/agents/openai";
import assert from "node:assert/strict";
import process from "node:process";
import { Shout } from "./agents.ts";

await using provider = openai();
configure({ provider });
await using pool = workers({ module: import.meta.resolve("./agents.ts"), size: 2 });
const calls = ["a", "b", "c"].map((input) => [Shout, { input }] as const);
const results = await batch(calls, { mode: pool });
assert.deepEqual(results.map(({ content }) => content), ["SAID A", "SAID B", "SAID C"]);
console.log("ok", process.versions.node);
