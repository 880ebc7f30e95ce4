/** A journal: an interrupted run resumes where it stopped, and pays for no call twice. */
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

// A file such as "./reviews.db" survives the process.
await using journal = sqliteJournal(":memory:");
const options = { journal, runId: "reviews", concurrency: 5 };

const controller = new AbortController();
let finished = 0;
try {
  await batch(calls, {
    ...options,
    signal: controller.signal,
    onResult: () => void (++finished === 20 && controller.abort()), // or Ctrl-C, or a crash
  });
} catch (error) {
  if (!(error instanceof RunError)) throw error;
  console.log("interrupted:", (await journal.summary("reviews"))?.ok, "rows are recorded");
}

const { ok, replayed, attempts } = summarize(await batch(calls, options));
console.log(`resumed: ${ok} rows, ${replayed} of them from the journal, ${attempts} requests`);

const all = await journal.summary("reviews");
console.log("total:", all?.total, "rows,", all?.usage.totalTokens, "tokens");
