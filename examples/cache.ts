/** A cache: identical requests are paid for once, whether cached or still in flight. */
import { batch, configure, defineAgent, memoryCache, summarize } from "@shoal/agents";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
const { provider, model } = example;
configure({ provider, model });

const store = memoryCache({ max: 10_000 });
const Sentiment = defineAgent({
  name: "sentiment",
  prompt: "Label the sentiment of this review as positive, negative or neutral: {input}",
  cache: { ttl: 3_600_000, store },
});
const reviews = ["I love it", "It broke", "It is a kettle"];
const calls = Array.from(
  { length: 30 },
  (_, i) => [Sentiment, { input: reviews[i % 3]! }] as const,
);

const { attempts, cached } = summarize(await batch(calls, { concurrency: 30 }));
console.log(
  `${calls.length} calls at once: ${attempts} requests, ${cached} answers from the cache`,
);

const again = await Sentiment.call({ input: "I love it" });
console.log(
  again.content,
  "again:",
  Math.round(again.durationMs),
  "ms,",
  again.usage.totalTokens,
  "tokens",
);

const uncached = await Sentiment.call({ input: "I love it" }, { skipCache: true });
console.log(
  uncached.content,
  "without the cache:",
  uncached.attempts.length,
  "request;",
  store.size,
  "answers are cached",
);
