/** Results as they come, from a source of any length: calls are pulled only as fast as results are taken. */
import { configure, stream } from "@shoal/agents";
import { REVIEWS, Sentiment } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

/** An endless source: it is never held in memory. */
function* calls() {
  for (let i = 0;; i++) yield [Sentiment, { input: REVIEWS[i % REVIEWS.length]! }] as const;
}

let seen = 0;
for await (const { result, agent, index } of stream(calls(), { concurrency: 20 })) {
  console.log(agent.name, index, result.ok ? result.content : result.error.code);
  // Leaving the loop stops the pulling and aborts what is in flight.
  if (++seen === 30) break;
}
console.log(
  `took ${seen} of an endless stream; the server saw ${
    example.simulator?.stats.requests ?? "some"
  } requests`,
);
