/** Agents that keep a processor busy: on one event loop they wait for each other, in workers they do not. */
import { batch, configure, isAvailable, type RunMode, summarize } from "@shoal/agents";
import { workers } from "@shoal/agents/workers";
import { exampleProvider } from "./_provider.ts";
import { Digest } from "./_workers_agents.ts";

await using example = exampleProvider();
// Workers cannot be handed a provider, but they read the same environment.
if (example.simulator !== undefined) {
  Deno.env.set("OPENAI_BASE_URL", example.simulator.url);
  Deno.env.set("OPENAI_API_KEY", "none");
}
configure({ model: example.model });

const data = await Deno.readTextFile(new URL("./data/reviews.jsonl", import.meta.url));
const texts = data.trim().split("\n").slice(0, 60).map((line): string => JSON.parse(line).text);
const calls = texts.map((text) => [Digest, { text }] as const);

async function run(name: string, mode: RunMode): Promise<void> {
  const began = performance.now();
  // What else this process has to do, say answering requests, waits as long as its event loop is held up.
  let [last, longest] = [began, 0];
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
      `${((last - began) / 1000).toFixed(1)} s, held up for ${Math.round(longest)} ms at most`,
  );
}

await run("event loop", "event-loop");
if (isAvailable("workers")) {
  // The limit of the run holds for all workers together, and so would a budget.
  await using pool = workers({ module: import.meta.resolve("./_workers_agents.ts") });
  await pool.ready();
  await run("workers", pool);
  console.log(pool.stats());
}
