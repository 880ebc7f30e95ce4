/** Who may write: the moment between two transactions, in which the lock is free although its holder lives. */
import { JournalError } from "@shoal/agents/journal";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { delay } from "@std/async/delay";
import { DatabaseSync } from "node:sqlite";
import { WriteLock } from "../../../src/journal/sqlite/write_lock.ts";
import { prepareSchema } from "../../../src/journal/sqlite/prepare_schema.ts";
import { inFolder } from "../helpers.ts";

/** Two connections to one journal, as two processes would have them. */
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

Deno.test("lock: held by one, refused to the other, until it is given back", () =>
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

Deno.test("lock: who gets it between two transactions of another finds the name, and looks again", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    a.exec("COMMIT");
    const taking = theirs.acquire();
    // The next transaction of the one who has it.
    await delay(10);
    a.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE");
    assertEquals((await assertRejects(() => taking, JournalError)).code, "locked");
    mine.write(() => a.exec(insert));
    mine.release();
  }));

Deno.test("lock: it is taken from the dead, who find that out if they live", () =>
  twoLocks(async (a, mine, theirs) => {
    await mine.acquire();
    // Neither does he hold it any more nor did he give it back.
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

Deno.test("lock: what throws is not written, and the lock stays", () =>
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
