import type { DatabaseSync } from "node:sqlite";
import { JournalError } from "../journal_error.ts";

/** What the tables mean. Whoever changes them counts it up, and says here how the older ones are brought up to it. */
const FORMAT = 1;

/** Stands in the head of the file: "Shoa". It tells a journal from other databases. */
const APPLICATION = 0x53_68_6f_61;

// What is long stands apart from the items, since all of those are read when a run is opened.
// Items are only ever added at the end of a table: an index over their ids would be written to in a thousand places for a thousand
// items. It is kept in memory, and read anew with each run (see `_sqlite_index.ts`).
const TABLES = `
  CREATE TABLE runs (run INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, state TEXT) STRICT;
  CREATE TABLE items (
    item INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    id TEXT NOT NULL,
    starts INTEGER NOT NULL,
    started TEXT NOT NULL
  ) STRICT;
  CREATE TABLE inputs (item INTEGER PRIMARY KEY, params TEXT NOT NULL) STRICT;
  CREATE TABLE outcomes (item INTEGER PRIMARY KEY, ended TEXT NOT NULL) STRICT;
  CREATE TABLE writer (one INTEGER PRIMARY KEY CHECK (one = 1), holder TEXT) STRICT;
  INSERT INTO writer VALUES (1, NULL);
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${FORMAT};
`;

/**
 * Makes a journal of an empty database, or sees whether it is one that can be read.
 *
 * @throws {JournalError} With the code `format` if it is none, or one of a newer version.
 */
export function prepareSchema(db: DatabaseSync, name: string): void {
  if (isJournal(db, name)) return;
  // Both are kept in the file, and can only be said of an empty one.
  db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have been quicker.
    if (!isJournal(db, name)) db.exec(TABLES);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function isJournal(db: DatabaseSync, name: string): boolean {
  if (pragma(db, "application_id") !== APPLICATION) {
    const { count } = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!;
    if (count === 0) return false;
    throw new JournalError(
      `Cannot open the journal ${name} as it is a database of something else: choose another path`,
      "format",
    );
  }
  const format = pragma(db, "user_version");
  if (format > FORMAT) {
    throw new JournalError(
      `Cannot open the journal ${name} as it was written by a newer version: its format is ${format}, ` +
        `and this version knows ${FORMAT}: update @shoal/agents`,
      "format",
    );
  }
  return true;
}

function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]);
}
