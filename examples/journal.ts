/** A journal: a run that is broken off goes on where it ended, and pays for nothing twice. */
import { batch, configure, defineAgent, RunError, summarize } from "@shoal/agents";
import { sqliteJournal } from "@shoal/agents/journal";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
const { provider, model } = example;
configure({ provider, model });

const Sentiment = defineAgent({
  name: "sentiment",
  prompt: "Label the sentiment of this review as positive, negative or neutral: {input}",
});
const rows = Array.from({ length: 60 }, (_, row) => `I love kettle number ${row}`);
const calls = rows.map((input, row) => [Sentiment, { input }, { key: String(row) }] as const);

// "./reviews.db" would survive the process, too.
await using journal = sqliteJournal(":memory:");
const options = { journal, runId: "reviews", concurrency: 5 };

const stop = new AbortController();
let seen = 0;
try {
  await batch(calls, {
    ...options,
    signal: stop.signal,
    onResult: () => void (++seen === 20 && stop.abort()), // Ctrl-C, a crash, a power cut …
  });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.log("broken off:", (await journal.summary("reviews"))?.ok, "rows are recorded");
}

const { ok, replayed, attempts } = summarize(await batch(calls, options));
console.log(`gone on: ${ok} rows, ${replayed} of them from the journal, ${attempts} requests`);

const all = await journal.summary("reviews");
console.log("altogether:", all?.total, "rows,", all?.usage.totalTokens, "tokens");
