/** Runs in a process of its own, which is killed. Calls agents with tools, and prints results. */
import { batch, defineAgent, defineTool } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { sqliteJournal } from "@shoal/agents/journal";
import process from "node:process";

const [url, path, count] = process.argv.slice(2);
await using provider = openai({ baseURL: url!, apiKey: "none" });
await using journal = sqliteJournal(path!);
const note = defineTool({
  name: "note",
  input: { type: "object" },
  run: ({ text }: { text?: string }) => text,
});
const Worker = defineAgent({
  name: "worker",
  model: "m",
  prompt: "{row}",
  tools: [note],
  provider,
});
const calls = Array.from({ length: Number(count) }, (_, row) => [Worker, { row }] as const);
const results = await batch(calls, { concurrency: 20, journal, runId: "rounds" });
console.log(JSON.stringify(results.map(({ content, usage }) => [content, usage.totalTokens])));
