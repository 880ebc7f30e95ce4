/** Process-wide defaults, which the options of an agent or a call override. */
import { batch, configure, defineAgent } from "@shoal/agents";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
const active = configure({
  provider: example.provider,
  model: example.model,
  concurrency: 50,
  timeout: { attempt: 30_000, total: 120_000 },
  retries: { max: 5, backoff: "exponential" },
  prices: { "my-own-model": { input: 0.1, output: 0.4 } }, // dollars per million tokens
});
console.log("defaults: concurrency", active.concurrency, "timeout", active.timeout);

const Capital = defineAgent({
  name: "capital",
  prompt: "Name the capital of {country}.",
  maxTokens: 20,
});
const Cheap = Capital.with({ name: "cheap-capital", model: "my-own-model" });

const results = await batch([
  [Capital, { country: "France" }],
  [Cheap, { country: "Peru" }],
  [Capital, { country: "Japan" }, { temperature: 0, metadata: { row: 3 } }],
]);
for (const { agent, model, content, cost, metadata } of results) {
  console.log(agent, model, content, cost?.total, metadata);
}

try {
  configure({ concurrency: 0 });
} catch (error) {
  console.log(String(error));
}
