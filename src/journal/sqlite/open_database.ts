/**
 * Opens databases with `node:sqlite`, or with `bun:sqlite` on Bun before 1.4. They are loaded when
 * a database is opened: some runtimes have neither, and Node 22 prints a warning.
 */
import { createRequire } from "node:module";
import process from "node:process";
import { JournalError } from "../journal_error.ts";
import type {
  OpenDatabase,
  SqlDatabase,
  SqlRow,
  SqlStatement,
  SqlValue,
} from "./sqlite_database.ts";

interface NodeSqlite {
  readonly DatabaseSync: new (path: string) => SqlDatabase;
}

interface BunSqlite {
  readonly Database: new (path: string) => BunDatabase;
}

interface BunDatabase extends Omit<SqlDatabase, "prepare"> {
  prepare(sql: string): BunStatement;
  /** Prepares a statement and caches it. `node:sqlite` has no such method. */
  query(sql: string): unknown;
}

interface BunStatement extends Omit<SqlStatement, "get"> {
  get(...values: readonly SqlValue[]): SqlRow | null;
  finalize(): void;
}

/**
 * Opens a database, which is created if it does not exist.
 *
 * @throws {JournalError} If this runtime has no SQLite.
 */
export function openDatabase(path: string): SqlDatabase {
  const sqlite = loadBuiltIn<NodeSqlite>("node:sqlite");
  if (sqlite !== undefined) return new sqlite.DatabaseSync(path);
  const bun = loadBuiltIn<BunSqlite>("bun:sqlite");
  if (bun !== undefined) return adaptBun(new bun.Database(path));
  throw new JournalError(
    `Cannot open the journal "${path}" as ${reasonForNone(process.versions)}`,
    "open",
  );
}

/** Returns a database that the caller has opened, in the form of `node:sqlite`. */
export function adaptDatabase(db: OpenDatabase): SqlDatabase {
  return "query" in db ? adaptBun(db as BunDatabase) : db as SqlDatabase;
}

/** Returns a module of the runtime; `undefined` if it has none of that name. */
function loadBuiltIn<T>(name: string): T | undefined {
  const { getBuiltinModule, versions } = process as Partial<typeof process>;
  if (typeof getBuiltinModule === "function") return getBuiltinModule(name) as T | undefined;
  // Bun before 1.2.10.
  if (versions?.bun === undefined || name.startsWith("node:")) return undefined;
  return createRequire(import.meta.url)(name);
}

/** Returns why there is no SQLite, and what to do. */
function reasonForNone(versions: Readonly<Partial<Record<string, string>>>): string {
  const { deno, node, v8 } = versions;
  if (deno !== undefined) return `Deno ${deno} has no node:sqlite: update Deno to 2.2 or later`;
  if (node !== undefined && v8) {
    return `Node ${node} has no node:sqlite: update Node to 22.13 or later`;
  }
  return "this runtime has no node:sqlite: use memoryJournal, or journalOn with your own store";
}

/** Adapts a database of `bun:sqlite`. */
function adaptBun(db: BunDatabase): SqlDatabase {
  const statements: BunStatement[] = [];
  return {
    exec: (sql) => db.exec(sql),
    prepare(sql) {
      const statement = db.prepare(sql);
      statements.push(statement);
      return {
        all: (...values) => statement.all(...values),
        get: (...values) => statement.get(...values) ?? undefined,
        iterate: () => statement.iterate(),
        run: (...values) => statement.run(...values),
      };
    },
    close() {
      // Otherwise the file stays open until the garbage collector has found them.
      for (const statement of statements) statement.finalize();
      db.close();
    },
  };
}
