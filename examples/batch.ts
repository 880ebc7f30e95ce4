/** Many calls with a limit on how many at a time; results come back in the order of the calls. */
import { batch, configure, summarize } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

// Different agents may stand in one batch, and each result has the type of its agent.
const [label, summary] = await batch([
  [Sentiment, { input: REVIEWS[0]! }],
  [Summary, { input: REVIEWS[0]! }],
], { concurrency: 5 });
console.log(label.content, "|", summary.content);

// Any iterable will do; a failure is a value and never touches the others.
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
