/** Labels rows on another runtime with a SQLite journal, and prints the results as JSON. */
import { defineAgent, stream } from "@shoal/agents";
import { JournalError, kvJournal, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { openai } from "@shoal/agents/openai";
import process from "node:process";

const { UPSTREAM, JOURNAL } = process.env;
const [command, rows = "0"] = process.argv.slice(2);

const Label = defineAgent({
  name: "label",
  model: "m",
  prompt: "row {row}",
  provider: openai({ baseURL: UPSTREAM ?? "http://127.0.0.1:9", apiKey: "none" }),
  retries: 0,
});

/** Returns the row, the answer, and whether it was replayed, for each row. */
async function label(journal: ReturnType<typeof sqliteJournal>) {
  const calls = Array.from(
    { length: Number(rows) },
    (_, row) => [Label, { row }, { metadata: row, key: String(row) }] as const,
  );
  const results: unknown[] = [];
  for await (
    const { result } of stream(calls, { concurrency: 20, journal, runId: "rows" })
  ) results.push([result.metadata, result.content, result.replayed]);
  return results;
}

const COMMANDS: Record<string, () => unknown> = {
  async run() {
    const journal = sqliteJournal(JOURNAL!);
    try {
      return await label(journal);
    } catch (error) {
      const { cause } = error as Error;
      if (cause instanceof JournalError) return [cause.code, cause.message];
      throw error;
    } finally {
      await journal.close();
    }
  },

  /** The runtime's own database, open already; it stays open. */
  async open() {
    const isBun = process.versions.bun !== undefined;
    const name = isBun ? "bun:sqlite" : "node:sqlite";
    const { DatabaseSync, Database } = await import(name);
    const db = new (Database ?? DatabaseSync)(JOURNAL!);
    const journal = sqliteJournal(db);
    const results = await label(journal);
    await journal.close();
    const { count } = db.prepare("SELECT count(*) AS count FROM outcomes").get();
    db.close();
    return [results.length, count];
  },

  /** Answers with a date, which JSON has not. */
  async dates() {
    const Dated = defineAgent({ name: "dated", run: () => ({ at: new Date(5) }) });
    const journal = sqliteJournal(JOURNAL!);
    const contents: unknown[] = [];
    try {
      for (let i = 0; i < 2; i++) {
        for await (const { result } of stream([[Dated, {}]], { journal, runId: "dates" })) {
          const { content, replayed } = result;
          contents.push([content?.at instanceof Date, content?.at.getTime(), replayed]);
        }
      }
    } catch (error) {
      const { cause } = error as Error;
      return [cause instanceof JournalError, (cause as JournalError).code];
    } finally {
      await journal.close();
    }
    return contents;
  },

  async memory() {
    const journal = memoryJournal();
    const results = await label(journal);
    await journal.close();
    return results.length;
  },

  async kv() {
    const error = await label(kvJournal()).catch((error) => error.cause);
    return [error instanceof JournalError, error.code, error.message];
  },
};

console.log(JSON.stringify(await COMMANDS[command!]!()));
