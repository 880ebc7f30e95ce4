/** Limits: Shoal keeps to those that the server reports, and discovers those that it does not. */
import { batch, defineAgent, summarize } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

// This server accepts 50 concurrent requests and rejects more, without reporting the limit.
await using server = simulator({
  latency: { p50: 40, p99: 120 },
  limits: { concurrency: 50 },
  seed: 1,
});

const Label = defineAgent({
  name: "label",
  model: "gpt-5-mini",
  prompt: "Label the sentiment of review {i}: I love it",
});
const calls = (agent: typeof Label) =>
  Array.from({ length: 2_000 }, (_, i) => [agent, { i }] as const);

{
  await using provider = openai({
    baseURL: server.url,
    apiKey: "one",
    limits: { concurrency: "adaptive" },
  });
  const results = await batch(calls(Label.with({ provider })), { concurrency: 500 });
  const { ok, concurrency = [], verdict } = summarize(results);
  console.log(`adaptive: ${ok} ok, ${server.stats.byStatus[429] ?? 0} rejected`);
  console.log("concurrency:", concurrency.map(({ concurrency }) => concurrency).join(" "));
  console.log(verdict);
}

// Now it allows 3,000 requests per minute, and reports that in the headers of each response.
server.configure({ limits: { requestsPerMinute: 3_000 } });
server.resetStats();
{
  await using provider = openai({
    baseURL: server.url,
    apiKey: "two",
    limits: { concurrency: "adaptive" },
  });
  const results = await batch(calls(Label.with({ provider })), { concurrency: 500 });
  const { ok, wallMs } = summarize(results);
  console.log(
    `reported: ${ok} ok in ${Math.round(wallMs)} ms, ${server.stats.byStatus[429] ?? 0} rejected`,
  );
}
