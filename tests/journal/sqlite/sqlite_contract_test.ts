import { sqliteJournal } from "@shoal/agents/journal";
import { DatabaseSync } from "node:sqlite";
import { journalContract } from "../../contract/journal.ts";
import { rm } from "node:fs/promises";
import { makeTempFolder } from "../../temp_folder.ts";

journalContract("in a SQLite file", async (options) => {
  const folder = await makeTempFolder();
  const path = `${folder}/journal.db`;
  const journal = sqliteJournal(path, options);
  return {
    journal,
    async reopen(options) {
      await journal.close();
      return sqliteJournal(path, options);
    },
    async [Symbol.asyncDispose]() {
      await journal.close();
      await rm(folder, { recursive: true });
    },
  };
});

journalContract("in a SQLite database in memory", (options) => {
  const journal = sqliteJournal(":memory:", options);
  return { journal, [Symbol.asyncDispose]: () => journal.close() };
});

journalContract("in an open database, with fsync", (options) => {
  const db = new DatabaseSync(":memory:");
  const journal = sqliteJournal(db, { ...options, fsync: true });
  return {
    journal,
    async reopen(options) {
      await journal.close();
      return sqliteJournal(db, options);
    },
    async [Symbol.asyncDispose]() {
      await journal.close();
      db.close();
    },
  };
});
