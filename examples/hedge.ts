/** Hedging: a second request for the slowest calls, within limits and budget. */
import { batch, defineAgent, summarize } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

// Two of a hundred answers take thirty times as long.
await using server = simulator({ latency: ({ index }) => index % 50 === 49 ? 1_500 : 50 });
await using provider = openai({ baseURL: server.url, apiKey: "none" });

const Plain = defineAgent({
  name: "plain",
  model: "gpt-5-mini",
  prompt: "Label the sentiment of review {i}: I love it",
  provider,
});
const Hedged = Plain.with({ name: "hedged", hedge: { percentile: 95 } });

for (const agent of [Plain, Hedged]) {
  const calls = Array.from({ length: 500 }, (_, i) => [agent, { i }] as const);
  const { durationMs, attempts, verdict } = summarize(await batch(calls, { concurrency: 50 }));
  console.log(
    `${agent.name}: p50 ${Math.round(durationMs.p50)} ms, p99 ${Math.round(durationMs.p99)} ms,`,
    `${attempts} requests`,
  );
  console.log(verdict);
}
