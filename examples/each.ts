/** `each` runs a function for every item, with limited concurrency: for work of several calls. */
import { configure, each, RunError } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const rows = await each(REVIEWS, async (input, { index, signal }) => {
  const sentiment = await Sentiment.call({ input }, { signal });
  if (sentiment.content !== "negative") return { index, label: sentiment.content };
  const summary = await Summary.call({ input }, { signal });
  return { index, label: sentiment.content, why: summary.content };
}, { concurrency: 10 });
console.table(rows);

// The first error ends the run. The `RunError` has the results until then.
try {
  await each([1, 2, 3, 4], (n) => {
    if (n === 3) throw new Error("three is not allowed");
    return n * 10;
  }, { concurrency: 1 });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.log(error.message, error.results);
}
