/** Calls are promises: start several and await them together. */
import { configure } from "@shoal/agents";
import { REVIEWS, Sentiment } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const startedAt = performance.now();
const results = await Promise.all(REVIEWS.map((input) => Sentiment.call({ input })));

for (const [i, { content }] of results.entries()) console.log(`${content.padEnd(9)} ${REVIEWS[i]}`);
const waited = results.reduce((sum, { durationMs }) => sum + durationMs, 0);
console.log(
  `\n${results.length} calls took ${Math.round(waited)} ms in total, ` +
    `and ${Math.round(performance.now() - startedAt)} ms concurrently`,
);
