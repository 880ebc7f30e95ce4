/**
 * Runs a pool with fewer permissions than its own, and prints those of its workers. Requires
 * `--unstable-worker-options`.
 */
import { batch } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import { Ends, May } from "./permissions_agents.ts";

const names = ["read", "net", "env", "run", "write"] as const;
await using pool = workers({
  module: import.meta.resolve("./permissions_agents.ts"),
  size: 1,
  permissions: { read: "inherit", env: "inherit", net: false, run: false, write: false },
});
const may = await batch(names.map((name) => [May, { name }] as const), { mode: pool });
const ends = await batch(
  ["exit", "process", "close", "throw"].map((how) => [Ends, { how }] as const),
  { mode: pool, concurrency: 1 },
);
console.log(JSON.stringify({
  may: Object.fromEntries(names.map((name, i) => [name, may[i]!.content])),
  own: Object.fromEntries(names.map((name) => [name, Deno.permissions.querySync({ name }).state])),
  ends: ends.map(({ error }) => [error?.code, (error?.cause as Error).message]),
}));
