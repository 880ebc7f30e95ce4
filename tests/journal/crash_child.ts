/** Runs in a process of its own, which is killed. Labels rows and prints each result. */
import { defineAgent, stream } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { sqliteJournal } from "@shoal/agents/journal";
import process from "node:process";

const [url, path, count, backwards] = process.argv.slice(2);
await using provider = openai({ baseURL: url!, apiKey: "none" });
await using journal = sqliteJournal(path!);
const Label = defineAgent({ name: "label", model: "m", prompt: "row {row}", provider });

function* rows() {
  const n = Number(count);
  // The rows may come in another order the next time.
  for (let i = 0; i < n; i++) yield backwards === "true" ? n - 1 - i : i;
}
function* calls() {
  for (const row of rows()) yield [Label, { row }, { metadata: row, key: String(row) }] as const;
}
const lines: string[] = [];
for await (const { result } of stream(calls(), { concurrency: 50, journal, runId: "crash" })) {
  lines.push(JSON.stringify([result.metadata, result.content, result.replayed]));
}
console.log(lines.join("\n"));
