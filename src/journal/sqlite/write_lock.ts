import { delay } from "@std/async/delay";
import { randomUUID } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { causeMessage } from "../../model/cause_message.ts";
import { JournalError } from "../journal_error.ts";

/** How long the lock of another process is waited for at first, in milliseconds: it may be about to end. */
const FIRST_WAIT_MS = 100;
/** How long the lock is waited for between two writes, in milliseconds: nobody takes it for longer than a look. */
const NEXT_WAIT_MS = 5_000;
/** So often the lock must be free, of somebody who never gave it back, until he is taken for dead … */
const LOOKS = 5;
/** … so many milliseconds apart. */
const PAUSE_MS = 20;

/**
 * Who may write to a journal: one process at a time. It holds SQLite's own lock all the time, by beginning the next transaction as soon
 * as one is committed, so that readers are not kept out, no other file is needed, and the lock is gone with the process, however it ends.
 *
 * Between two transactions the lock is free for some microseconds, and somebody else may get it just then. So a name is left with it: who
 * gets the lock and finds the name of another looks again, several times, before he believes that the other is dead.
 */
export class WriteLock {
  readonly #db: DatabaseSync;
  readonly #name: string;
  readonly #token = randomUUID();
  #holders = 0;
  #waitMs: number | undefined;
  #taking: Promise<void> | undefined;
  #lost: JournalError | undefined;

  /** Nothing is locked yet. */
  constructor(db: DatabaseSync, name: string) {
    this.#db = db;
    this.#name = name;
  }

  /**
   * Takes the lock, or shares it within this process.
   *
   * @throws {JournalError} With the code `locked` if another process has it.
   */
  async acquire(): Promise<void> {
    this.#holders++;
    try {
      await (this.#taking ??= this.#take());
    } catch (error) {
      this.#holders--;
      this.#taking = undefined;
      throw error;
    }
  }

  /** Gives it back, when nobody in this process needs it any more. */
  release(): void {
    if (this.#taking === undefined || --this.#holders > 0) return;
    this.abandon();
  }

  /** Gives it back, whoever needs it. */
  abandon(): void {
    if (this.#taking === undefined) return;
    this.#holders = 0;
    this.#taking = undefined;
    if (this.#lost !== undefined) {
      this.#lost = undefined;
      return;
    }
    try {
      this.#db.exec("UPDATE writer SET holder = NULL; COMMIT");
    } catch {
      // On a full disk the name stays: whoever comes next looks a little longer.
      this.#rollback();
    }
  }

  /**
   * Writes, all of it or nothing.
   *
   * @throws {JournalError} If it cannot be written.
   */
  write(work: () => void): void {
    if (this.#lost !== undefined) throw this.#lost;
    try {
      work();
      this.#db.exec("COMMIT");
    } catch (cause) {
      this.#rollback();
      throw this.#refused(cause);
    } finally {
      this.#again();
    }
  }

  async #take(): Promise<void> {
    for (let look = 1;; look++) {
      this.#begin(look === 1 ? FIRST_WAIT_MS : 0);
      const holder = this.#holder();
      if (holder === null || look === LOOKS) break;
      this.#rollback();
      await delay(PAUSE_MS);
    }
    try {
      this.#db.prepare("UPDATE writer SET holder = ?").run(this.#token);
      this.#db.exec("COMMIT");
    } catch (cause) {
      this.#rollback();
      throw this.#refused(cause);
    }
    this.#begin(NEXT_WAIT_MS);
  }

  #again(): void {
    try {
      this.#begin(NEXT_WAIT_MS);
      if (this.#holder() === this.#token) return;
      this.#rollback();
      this.#lost = this.#locked();
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
      throw causeMessage(cause).includes("locked") ? this.#locked(cause) : this.#refused(cause);
    }
  }

  #holder(): unknown {
    return this.#db.prepare("SELECT holder FROM writer").get()!.holder;
  }

  #rollback(): void {
    try {
      this.#db.exec("ROLLBACK");
    } catch {
      // SQLite has done so itself.
    }
  }

  #refused(cause: unknown): JournalError {
    return new JournalError(
      `Cannot write to the journal ${this.#name} as SQLite refuses: ${causeMessage(cause)}`,
      "write",
      { cause },
    );
  }

  #locked(cause?: unknown): JournalError {
    return new JournalError(
      `Cannot write to the journal ${this.#name} as another process is writing to it: wait until it has ended, or take a journal of your own`,
      "locked",
      { cause },
    );
  }
}
