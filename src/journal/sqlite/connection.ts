import { resolve } from "node:path";
import { causeMessage } from "../../model/cause_message.ts";
import { JournalError } from "../journal_error.ts";
import { adaptDatabase, openDatabase } from "./open_database.ts";
import { prepareSchema } from "./prepare_schema.ts";
import type { OpenDatabase, SqlDatabase } from "./sqlite_database.ts";
import { WriteLock } from "./write_lock.ts";

/** Options of a {@linkcode SqliteConnection}. */
export interface SqliteConnectionOptions {
  /** Whether SQLite waits until each transaction is on the disk. */
  readonly fsync: boolean;
}

/** An open database, shared by all journals of this process that use it. */
export class SqliteConnection {
  /** The database. */
  readonly db: SqlDatabase;
  /** The database's name in errors. */
  readonly name: string;
  /** The lock for writing. */
  readonly lock: WriteLock;
  /** The runs that are open for writing in this process. */
  readonly claimed = new Set<string>();
  /** The number of journals that use the connection. */
  users = 0;
  readonly #close: () => void;

  /** Prepares an open database. `close` is called when no journal uses it any more. */
  constructor(
    db: SqlDatabase,
    name: string,
    { fsync }: SqliteConnectionOptions,
    close: () => void,
  ) {
    this.db = db;
    this.name = name;
    this.#close = close;
    // Deleted content is overwritten.
    db.exec(`
      PRAGMA busy_timeout = 2000;
      PRAGMA synchronous = ${fsync ? "FULL" : "NORMAL"};
      PRAGMA secure_delete = ON;
      PRAGMA wal_autocheckpoint = 4000;
    `);
    prepareSchema(db, name);
    this.lock = new WriteLock(db, name);
  }

  /** Releases the connection. It is closed when the last journal releases it. */
  release(): void {
    if (--this.users > 0) return;
    this.lock.abandon();
    this.#close();
  }
}

const byPath = new Map<string, SqliteConnection>();
const byDatabase = new WeakMap<OpenDatabase, SqliteConnection>();

/**
 * Returns this process's connection to a database, and opens it if there is none.
 *
 * @throws {JournalError} If the database cannot be opened.
 */
export function connect(
  where: string | OpenDatabase,
  options: SqliteConnectionOptions,
): SqliteConnection {
  const connection = typeof where === "string"
    ? connectPath(where, options)
    : connectDatabase(where, options);
  connection.users++;
  return connection;
}

function connectPath(path: string, options: SqliteConnectionOptions): SqliteConnection {
  const isFile = path !== ":memory:";
  const full = isFile ? resolve(path) : path;
  const name = `"${path}"`;
  const known = byPath.get(full);
  if (known !== undefined) return known;
  return openConnection(name, () => {
    const db = openDatabase(full);
    try {
      const connection = new SqliteConnection(db, name, options, () => {
        byPath.delete(full);
        db.close();
      });
      if (isFile) byPath.set(full, connection);
      return connection;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function connectDatabase(db: OpenDatabase, options: SqliteConnectionOptions): SqliteConnection {
  const known = byDatabase.get(db);
  if (known !== undefined) return known;
  const name = "in the database that was given";
  const connection = openConnection(
    name,
    () => new SqliteConnection(adaptDatabase(db), name, options, () => {}),
  );
  byDatabase.set(db, connection);
  return connection;
}

function openConnection(name: string, open: () => SqliteConnection): SqliteConnection {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    const reason = causeMessage(cause);
    const code = reason.includes("not a database") ? "format" : "open";
    throw new JournalError(
      `Cannot open the journal ${name} as it must be a readable and writable SQLite database: ` +
        reason,
      code,
      { cause },
    );
  }
}
