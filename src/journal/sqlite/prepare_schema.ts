import { JournalError } from "../journal_error.ts";
import type { SqlDatabase } from "./sqlite_database.ts";

/**
 * The version of the schema. When the tables change, increment it, and migrate older databases
 * here.
 */
const FORMAT = 2;

/** The application id in the header of the file, "Shoa", which marks a journal. */
const APPLICATION = 0x53_68_6f_61;

// Long values have tables of their own, as all items are read when a run is opened.
//
// Items are only appended. There is no index over their ids, as a thousand new items would change
// it in a thousand places: the index is loaded into memory when a run is opened (see
// `load_index.ts`).
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
`;

// Checkpoints of the same owner are near each other, as owners are numbered in the order of their
// first checkpoint. So the index grows at its end, too.
const CHECKPOINTS = `
  CREATE TABLE owners (owner INTEGER PRIMARY KEY, run INTEGER NOT NULL, id TEXT NOT NULL) STRICT;
  CREATE TABLE checkpoints (
    owner INTEGER NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (owner, name)
  ) STRICT;
`;

/** The changes of each format, from the first. Older databases are migrated to the current one. */
const CHANGES = [TABLES, CHECKPOINTS];

/**
 * Creates the tables in an empty database, or migrates those of an older version.
 *
 * @throws {JournalError} With the code `format` if the database is not a journal, or was written by
 * a newer version.
 */
export function prepareSchema(db: SqlDatabase, name: string): void {
  const format = readFormat(db, name);
  if (format === FORMAT) return;
  // Both settings are stored in the file, and can only be set while it is empty.
  if (format === 0) db.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
  db.exec("BEGIN IMMEDIATE");
  try {
    // Another process may have created the tables in the meantime.
    for (const change of CHANGES.slice(readFormat(db, name))) db.exec(change);
    db.exec(`PRAGMA user_version = ${FORMAT}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/** Returns the format of a journal, or 0 if the database is empty. */
function readFormat(db: SqlDatabase, name: string): number {
  if (pragma(db, "application_id") !== APPLICATION) {
    const { count } = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get()!;
    if (count === 0) return 0;
    throw new JournalError(
      `Cannot open the journal ${name} as it is a database of another application: ` +
        "choose another path",
      "format",
    );
  }
  const format = pragma(db, "user_version");
  if (format > FORMAT) {
    throw new JournalError(
      `Cannot open the journal ${name} as it was written by a newer version: ` +
        `its format is ${format}, and this version supports ${FORMAT}: update @shoal/agents`,
      "format",
    );
  }
  return format;
}

function pragma(db: SqlDatabase, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get()!)[0]);
}
