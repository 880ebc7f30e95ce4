/** Many calls with limited concurrency; results are in the order of the calls. */
import { batch, configure, summarize } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

// A batch may have calls of different agents, and each result has the type of its agent.
const [label, summary] = await batch([
  [Sentiment, { input: REVIEWS[0]! }],
  [Summary, { input: REVIEWS[0]! }],
], { concurrency: 5 });
console.log(label.content, "|", summary.content);

// Calls come from any iterable. A failure is a value and does not affect the other calls.
const results = await batch(REVIEWS.map((input) => [Sentiment, { input }]), { concurrency: 3 });
for (const result of results) console.log(result.ok ? result.content : result.error.code);

const { ok, failed, usage, cost, durationMs } = summarize(results);
console.log({
  ok,
  failed,
  tokens: usage.totalTokens,
  cost: cost?.total,
  p95: Math.round(durationMs.p95),
});
