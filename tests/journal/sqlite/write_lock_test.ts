/** The moment between two transactions, in which the lock is free although its holder lives. */
import { JournalError } from "@shoal/agents/journal";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { DatabaseSync } from "node:sqlite";
import { WriteLock } from "../../../src/journal/sqlite/write_lock.ts";
import { prepareSchema } from "../../../src/journal/sqlite/prepare_schema.ts";
import { inFolder } from "../helpers.ts";

/** Two connections to one journal, like those of two processes. */
function twoLocks(work: (a: DatabaseSync, mine: WriteLock, theirs: WriteLock) => Promise<void>) {
  return inFolder(async (folder) => {
    const [a, b] = [1, 2].map(() => new DatabaseSync(`${folder}/j.db`)) as [
      DatabaseSync,
      DatabaseSync,
    ];
    prepareSchema(a, "a");
    await work(a, new WriteLock(a, "mine"), new WriteLock(b, "theirs"));
    a.close();
    b.close();
  });
}

const insert = "INSERT INTO runs (id) VALUES (hex(randomblob(9)))";

Deno.test("lock: is held by one process until released", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    await mine.acquire();
    mine.write(() => a.exec(insert));
    assertEquals((await assertRejects(() => theirs.acquire(), JournalError)).code, "locked");
    mine.release();
    assertEquals((await assertRejects(() => theirs.acquire(), JournalError)).code, "locked");
    mine.release();
    await theirs.acquire();
    assertEquals((await assertRejects(() => mine.acquire(), JournalError)).code, "locked");
    theirs.release();
  }));

Deno.test("lock: finds the token of a holder between two transactions, and checks again", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    a.exec("COMMIT");
    const taking = theirs.acquire();
    // The next transaction of the holder.
    await delay(10);
    a.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    assertEquals((await assertRejects(() => taking, JournalError)).code, "locked");
    mine.write(() => a.exec(insert));
    mine.release();
  }));

Deno.test("lock: is taken over from a dead holder, who notices if it lives", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    // The holder neither holds the lock nor released it.
    a.exec("ROLLBACK");
    await theirs.acquire();
    theirs.write(() => {});
    theirs.release();
    a.exec("BEGIN IMMEDIATE");
    mine.write(() => a.exec(insert));
    const error = assertThrows(() => mine.write(() => a.exec(insert)), JournalError);
    assertEquals(error.code, "locked");
    mine.release();
    await theirs.acquire();
    theirs.release();
  }));

Deno.test("lock: rolls back a transaction that throws, and stays held", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    const error = assertThrows(() =>
      mine.write(() => {
        a.exec(insert);
        throw new Error("half-way");
      }), JournalError);
    assertEquals([error.code, (error.cause as Error).message], ["write", "half-way"]);
    assertEquals(a.prepare("SELECT count(*) AS n FROM runs").get()!.n, 0);
    assertEquals((await assertRejects(() => theirs.acquire(), JournalError)).code, "locked");
    mine.write(() => a.exec(insert));
    mine.release();
    assertEquals(a.prepare("SELECT count(*) AS n FROM runs").get()!.n, 1);
  }));
