/** Runs a batch with a journal in a file: `journal.ts URL FILE ROWS`. */
import { batch, defineAgent, summarize } from "@shoal/agents";
import { sqliteJournal } from "@shoal/agents/journal";
import { openai } from "@shoal/agents/openai";
import process from "node:process";

const [baseURL, file, rows] = process.argv.slice(2);
await using provider = openai({ baseURL: baseURL!, apiKey: "none" });
await using journal = sqliteJournal(file!);
const Label = defineAgent({ name: "label", model: "m", prompt: "{text}", provider });
const calls = Array.from(
  { length: Number(rows) },
  (_, row) => [Label, { text: `row ${row}` }, { key: String(row) }] as const,
);
const results = await batch(calls, { journal, runId: "r", concurrency: 10 });
const { ok, replayed } = summarize(results);
console.log(JSON.stringify({ ok, replayed }));
