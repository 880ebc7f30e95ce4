import { delay } from "@std/async/delay";
import { randomUUID } from "node:crypto";
import { causeMessage } from "../../model/cause_message.ts";
import { JournalError } from "../journal_error.ts";
import type { SqlDatabase } from "./sqlite_database.ts";

/**
 * How long to wait for another process's lock when acquiring, in milliseconds: that process may be
 * about to end.
 */
const ACQUIRE_WAIT_MS = 100;
/**
 * How long to wait for the lock between two writes, in milliseconds: others only hold it for a
 * moment to check.
 */
const RENEW_WAIT_MS = 5_000;
/**
 * How often the lock must be found free before its last holder, which has not released it, counts
 * as dead.
 */
const CHECKS = 5;
/** The time between two checks, in milliseconds. */
const CHECK_INTERVAL_MS = 20;

/**
 * Allows one process at a time to write to a journal.
 *
 * The process holds SQLite's own write lock all the time, by starting the next transaction right
 * after each commit. So readers are not blocked, no lock file is needed, and the lock ends with the
 * process, however it ends. Lock libraries use files that outlive a killed process.
 *
 * Between two transactions the lock is free for some microseconds, in which another process may
 * acquire it. So the holder leaves a token in the database. A process that gets the lock and finds
 * another's token checks several times before it considers that holder dead.
 */
export class WriteLock {
  readonly #db: SqlDatabase;
  readonly #name: string;
  readonly #token = randomUUID();
  #holders = 0;
  #waitMs: number | undefined;
  #acquiring: Promise<void> | undefined;
  #lost: JournalError | undefined;

  /** Creates a lock that is not held. */
  constructor(db: SqlDatabase, name: string) {
    this.#db = db;
    this.#name = name;
  }

  /**
   * Acquires the lock. Within a process it is shared.
   *
   * @throws {JournalError} With the code `locked` if another process holds it.
   */
  async acquire(): Promise<void> {
    this.#holders++;
    try {
      await (this.#acquiring ??= this.#acquire());
    } catch (error) {
      this.#holders--;
      this.#acquiring = undefined;
      throw error;
    }
  }

  /** Releases the lock when its last holder in this process does. */
  release(): void {
    if (this.#acquiring === undefined || --this.#holders > 0) return;
    this.abandon();
  }

  /** Releases the lock, whatever the number of holders. */
  abandon(): void {
    if (this.#acquiring === undefined) return;
    this.#holders = 0;
    this.#acquiring = undefined;
    if (this.#lost !== undefined) {
      this.#lost = undefined;
      return;
    }
    try {
      this.#db.exec("UPDATE writer SET holder = NULL; COMMIT");
    } catch {
      // On a full disk the token stays. The next process then checks several times.
      this.#rollback();
    }
  }

  /**
   * Runs `work` in a transaction.
   *
   * @throws {JournalError} If the lock was lost or the transaction fails.
   */
  write(work: () => void): void {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      work();
      this.#db.exec("COMMIT");
    } catch (cause) {
      this.#rollback();
      throw this.#writeError(cause);
    } finally {
      this.#renew();
    }
  }

  async #acquire(): Promise<void> {
    for (let check = 1;; check++) {
      this.#begin(check === 1 ? ACQUIRE_WAIT_MS : 0);
      const holder = this.#holder();
      if (holder === null || check === CHECKS) break;
      this.#rollback();
      await delay(CHECK_INTERVAL_MS);
    }
    try {
      this.#db.prepare("UPDATE writer SET holder = ?").run(this.#token);
      this.#db.exec("COMMIT");
    } catch (cause) {
      this.#rollback();
      throw this.#writeError(cause);
    }
    this.#begin(RENEW_WAIT_MS);
  }

  #renew(): void {
    try {
      this.#begin(RENEW_WAIT_MS);
      if (this.#holder() === this.#token) return;
      this.#rollback();
      this.#lost = this.#lockedError();
    } catch (error) {
      this.#lost = error as JournalError;
    }
  }

  #begin(waitMs: number): void {
    try {
      if (waitMs !== this.#waitMs) this.#db.exec(`PRAGMA busy_timeout = ${waitMs}`);
      this.#waitMs = waitMs;
      this.#db.exec("BEGIN IMMEDIATE");
    } catch (cause) {
      throw causeMessage(cause).includes("locked")
        ? this.#lockedError(cause)
        : this.#writeError(cause);
    }
  }

  #holder(): unknown {
    return this.#db.prepare("SELECT holder FROM writer").get()!.holder;
  }

  #rollback(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has already rolled back.
    }
  }

  #writeError(cause: unknown): JournalError {
    return new JournalError(
      `Cannot write to the journal ${this.#name} as SQLite failed: ${causeMessage(cause)}`,
      "write",
      { cause },
    );
  }

  #lockedError(cause?: unknown): JournalError {
    return new JournalError(
      `Cannot write to the journal ${this.#name} as another process is writing to it: ` +
        "wait until it has ended, or use another journal",
      "locked",
      { cause },
    );
  }
}
