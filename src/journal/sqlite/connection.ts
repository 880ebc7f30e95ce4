import { resolve } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { causeMessage } from "../../model/cause_message.ts";
import { JournalError } from "../journal_error.ts";
import { prepareSchema } from "./prepare_schema.ts";
import { WriteLock } from "./write_lock.ts";

/** A database that is open, however many journals of this process are kept in it. */
export class Connection {
  /** The database. */
  readonly db: DatabaseSync;
  /** How it is called in errors. */
  readonly name: string;
  /** Who may write. */
  readonly lock: WriteLock;
  /** The runs that are being written to in this process. */
  readonly claimed = new Set<string>();
  /** How many journals use it. */
  users = 0;
  readonly #close: () => void;

  /** Opens it. */
  constructor(db: DatabaseSync, name: string, fsync: boolean, close: () => void) {
    this.db = db;
    this.name = name;
    this.#close = close;
    // What is deleted is overwritten, too.
    db.exec(`
      PRAGMA busy_timeout = 2000;
      PRAGMA synchronous = ${fsync ? "FULL" : "NORMAL"};
      PRAGMA secure_delete = ON;
      PRAGMA wal_autocheckpoint = 4000;
    `);
    prepareSchema(db, name);
    this.lock = new WriteLock(db, name);
  }

  /** A journal needs it no more. */
  release(): void {
    if (--this.users > 0) return;
    this.lock.abandon();
    this.#close();
  }
}

const byPath = new Map<string, Connection>();
const byDatabase = new WeakMap<DatabaseSync, Connection>();

/**
 * The one connection of this process to a database.
 *
 * @throws {JournalError} If it cannot be opened.
 */
export function connect(where: string | DatabaseSync, fsync: boolean): Connection {
  const connection = typeof where === "string"
    ? connectPath(where, fsync)
    : connectDatabase(where, fsync);
  connection.users++;
  return connection;
}

function connectPath(path: string, fsync: boolean): Connection {
  const isFile = path !== ":memory:";
  const full = isFile ? resolve(path) : path;
  const name = `"${path}"`;
  const known = byPath.get(full);
  if (known !== undefined) return known;
  return opened(name, () => {
    const db = new DatabaseSync(full);
    try {
      const connection = new Connection(db, name, fsync, () => {
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

function connectDatabase(db: DatabaseSync, fsync: boolean): Connection {
  const known = byDatabase.get(db);
  if (known !== undefined) return known;
  const name = "in the database that was given";
  const connection = opened(name, () => new Connection(db, name, fsync, () => {}));
  byDatabase.set(db, connection);
  return connection;
}

function opened(name: string, open: () => Connection): Connection {
  try {
    return open();
  } catch (cause) {
    if (cause instanceof JournalError) throw cause;
    const reason = causeMessage(cause);
    const code = reason.includes("not a database") ? "format" : "open";
    throw new JournalError(
      `Cannot open the journal ${name} as it must be a SQLite database that may be read and written: ${reason}`,
      code,
      { cause },
    );
  }
}
