/** Structured concurrency: calls in a scope share its limits and deadline, and none outlives it. */
import { configure, currentScope, inScope, isAvailable, RunError, scope } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });
console.log("outside:", inScope(), "| event loop:", isAvailable("event-loop"));

const labels: string[] = [];
await scope({ concurrency: 2, deadline: 30_000 }, () => {
  for (const input of REVIEWS) {
    // This call is not awaited here: the scope waits for it.
    Sentiment.call({ input }).then(({ content }) => labels.push(content));
  }
  console.log("inside:", inScope(), currentScope()?.pending, "calls are pending, two in flight");
});
console.log(
  "at the end:",
  labels.length,
  "labels; at most",
  example.simulator?.stats.peakInFlight ?? "?",
  "in flight",
);

// The failure of a call that is not awaited is not lost.
try {
  await scope({}, () => {
    Summary.call({ input: REVIEWS[0]! }, { timeout: 1, retries: 0 });
  });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.log(error.message);
}
