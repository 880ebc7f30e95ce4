/** Results as they complete: calls are pulled only as fast as results are consumed. */
import { configure, stream } from "@shoal/agents";
import { REVIEWS, Sentiment } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

/** Yields calls without end; they are never all in memory. */
function* calls() {
  for (let i = 0;; i++) yield [Sentiment, { input: REVIEWS[i % REVIEWS.length]! }] as const;
}

let consumed = 0;
for await (const { result, agent, index } of stream(calls(), { concurrency: 20 })) {
  console.log(agent.name, index, result.ok ? result.content : result.error.code);
  // Leaving the loop stops the pulling and aborts the calls in flight.
  if (++consumed === 30) break;
}
console.log(
  `consumed ${consumed} results of an endless stream; the server saw ${
    example.simulator?.stats.requests ?? "some"
  } requests`,
);
