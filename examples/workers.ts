/**
 * Workers: agents that compute block one another on one event loop, and run in parallel in workers.
 */
import { batch, configure, isAvailable, type RunMode, summarize } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import { readFile } from "node:fs/promises";
import process from "node:process";
import { exampleProvider } from "./_provider.ts";
import { Digest } from "./_workers_agents.ts";

await using example = exampleProvider();
// A provider cannot be sent to workers, but they read the same environment.
if (example.simulator !== undefined) {
  process.env.OPENAI_BASE_URL = example.simulator.url;
  process.env.OPENAI_API_KEY = "none";
}
configure({ model: example.model });

const data = await readFile(new URL("./data/reviews.jsonl", import.meta.url), "utf8");
const texts = data.trim().split("\n").slice(0, 60).map((line): string => JSON.parse(line).text);
const calls = texts.map((text) => [Digest, { text }] as const);

async function run(name: string, mode: RunMode): Promise<void> {
  const startedAt = performance.now();
  // While the event loop is blocked, this process cannot do anything else, such as serve requests.
  let [last, longest] = [startedAt, 0];
  const tick = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(tick, 5);
  const results = await batch(calls, { mode, concurrency: 20 });
  tick();
  clearInterval(timer);
  const { ok, usage } = summarize(results);
  console.log(
    `${name}: ${ok} of ${calls.length}, ${usage.totalTokens} tokens, ` +
      `${((last - startedAt) / 1000).toFixed(1)} s, event loop blocked for at most ${
        Math.round(longest)
      } ms`,
  );
}

await run("event loop", "event-loop");
if (isAvailable("workers")) {
  // The concurrency of the run is the limit of all workers together. So is a budget.
  await using pool = workers({ module: import.meta.resolve("./_workers_agents.ts") });
  await pool.ready();
  await run("workers", pool);
  console.log(pool.stats());
}
