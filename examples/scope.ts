/** Structured concurrency: everything inside shares limits and an end, and nothing outlives it. */
import { configure, currentScope, inScope, isAvailable, RunError, scope } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });
console.log("outside:", inScope(), "| event loop:", isAvailable("event-loop"));

const labels: string[] = [];
await scope({ concurrency: 2, deadline: 30_000 }, () => {
  for (const input of REVIEWS) {
    // Started and not awaited: the scope waits for it.
    Sentiment.call({ input }).then(({ content }) => labels.push(content));
  }
  console.log("inside:", inScope(), currentScope()?.pending, "calls are under way, two at a time");
});
console.log(
  "at the end:",
  labels.length,
  "labels;",
  example.simulator?.stats.peakInFlight ?? "?",
  "at a time",
);

// A failure that nobody awaited is not lost.
try {
  await scope({}, () => {
    Summary.call({ input: REVIEWS[0]! }, { timeout: 1, retries: 0 });
  });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.log(error.message);
}
