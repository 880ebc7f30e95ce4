/** What only files can be: locked, full, damaged, or another application's. */
import type { Result } from "@shoal/agents";
import { JournalError, sqliteJournal } from "@shoal/agents/journal";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { success } from "../../contract/journal.ts";
import { inFolder, item, running } from "../helpers.ts";
import { used } from "../../helpers.ts";
import { readFile, stat, writeFile } from "node:fs/promises";
import { readdirSync } from "node:fs";
import { runtime } from "../../runtime.ts";

Deno.test("sqliteJournal rejects invalid options", () => {
  assertThrows(() => sqliteJournal(7 as never), TypeError, "a path, a file URL or a database");
  assertThrows(() => sqliteJournal(""), TypeError, "a path, a file URL or a database");
  assertThrows(() => sqliteJournal("x", { fsnyc: true } as never), TypeError, '"fsync"');
});

Deno.test("sqlite: opens nothing before first use, and accepts a file URL", () =>
  inFolder(async (folder) => {
    const url = new URL(`file://${folder}/my journal.db`);
    const journal = sqliteJournal(url);
    await assertRejects(() => stat(url), Error, "ENOENT");
    assertEquals(await journal.runs(), []);
    assert((await stat(url)).isFile());
    await journal.close();
    // A closed journal is a single file, and can be used again.
    assertEquals(readdirSync(folder), ["my journal.db"]);
    assertEquals(await journal.runs(), []);
    await journal.close();
  }));

Deno.test("sqlite: shares connection, lock and open runs within a process", () =>
  inFolder(async (folder) => {
    const [a, b] = [
      sqliteJournal(`${folder}/j.db`),
      sqliteJournal(`${folder}/../${folder.split("/").at(-1)}/j.db`),
    ];
    const session = await a.open("r");
    assertEquals((await assertRejects(() => b.open("r"), JournalError)).code, "locked");
    const other = await b.open("other");
    await session.begin(item(0));
    await session.finish(item(0), success("x"));
    await a.close();
    const own = item(1);
    await other.begin(own);
    await other.finish(own, success("y"));
    await other.close();
    assertEquals((await b.runs()).map(({ runId, ok }) => [runId, ok]), [["r", 1], ["other", 1]]);
    await b.close();
  }));

Deno.test("sqlite: keeps runs apart that were recorded at the same time", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    const journal = sqliteJournal(path);
    const names = ["one", "two", "three"];
    const sessions = await Promise.all(names.map((name) => journal.open(name)));
    const own = Array.from({ length: 1_200 }, (_, n) => item(n, { key: String(n) }));
    for (let from = 0; from < own.length; from += 150) {
      await Promise.all(sessions.map(async (session, i) => {
        // The second run has only a few items, so that it ends among those of the first.
        const items = own.slice(from, i === 1 ? from + 3 : from + 150).map((item) => ({ ...item }));
        await Promise.all(items.map(async (item) => {
          await session.begin(item);
          await session.finish(item, success(`${names[i]} ${item.index}`));
        }));
      }));
    }
    await Promise.all(sessions.map((session) => session.close()));
    await journal.close();

    const again = sqliteJournal(path);
    for (const [i, name] of names.entries()) {
      const session = await again.open(name);
      for (const one of own) {
        const found = await session.begin(one, { record: false });
        const isThere = i !== 1 || one.index % 150 < 3;
        assertEquals(
          typeof found === "string" ? found : found.content,
          isThere ? `${name} ${one.index}` : "missing",
        );
      }
      await session.close();
    }
    await again.close();
  }));

Deno.test("sqlite: other processes may read while one writes, and write when it has ended", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    await using holder = await running(`
      import { sqliteJournal } from "@shoal/agents/journal";
      const journal = sqliteJournal(${JSON.stringify(path)});
      const session = await journal.open("r");
      const own = { id: "0".repeat(32), index: 0, agent: "a" };
      await session.begin(own);
      console.log("open");
      // It keeps writing: no other process gets in between two writes.
      setInterval(() => session.begin({ ...own, id: crypto.randomUUID().replaceAll("-", "") }), 1);
    `);
    const journal = sqliteJournal(path);
    for (let i = 0; i < 10; i++) {
      const error = await assertRejects(
        () => journal.open(i % 2 === 0 ? "r" : "other"),
        JournalError,
      );
      assertEquals(error.code, "locked");
      assert(error.message.includes("another process is writing to it"));
    }
    assert((await journal.summary("r"))!.started > 1);
    assertEquals(
      (await assertRejects(() => journal.prune({ runId: "r" }), JournalError)).code,
      "locked",
    );
    assertEquals(await holder.alive(), true);

    await holder.kill();
    const session = await journal.open("r");
    assertEquals(await session.begin(item(0, { id: "0".repeat(32) })), "missing");
    await session.close();
    await journal.close();
  }));

Deno.test("sqlite: unlocks when a run ends", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    await using holder = await running(`
      import { sqliteJournal } from "@shoal/agents/journal";
      const journal = sqliteJournal(${JSON.stringify(path)});
      await (await journal.open("r")).close();
      console.log("open");
      setInterval(() => {}, 1_000);
    `);
    const journal = sqliteJournal(path);
    await (await journal.open("r")).close();
    await journal.close();
    assertEquals(await holder.alive(), true);
  }));

Deno.test("sqlite: rejects a journal of a newer version, and leaves it unchanged", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    const first = sqliteJournal(path);
    await first.runs();
    await first.close();
    const db = new DatabaseSync(path);
    db.exec("PRAGMA user_version = 9");
    db.close();
    const journal = sqliteJournal(path);
    const error = await assertRejects(() => journal.open("r"), JournalError);
    assertEquals(error.code, "format");
    assert(error.message.includes("newer version: its format is 9, and this version supports 2"));
    await journal.close();
  }));

Deno.test("sqlite: opens a journal of an older version, and keeps checkpoints in it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    await using journal = sqliteJournal(path);
    const session = await journal.open("r");
    const [done, begun] = [item(0), item(1)];
    await session.begin(done);
    await session.finish(done, success("kept"));
    await session.close();
    await journal.close();
    const db = new DatabaseSync(path);
    db.exec("DROP TABLE checkpoints; DROP TABLE owners; PRAGMA user_version = 1");
    db.close();

    const newer = sqliteJournal(path);
    const again = await newer.open("r");
    assertEquals((await again.begin(done) as Result).content, "kept");
    await again.begin(begun);
    const checkpoint = { kind: "step", call: "c", index: 0, result: success("one") } as const;
    await again.checkpoint!(begun, "a".repeat(32), checkpoint, { usage: used(3, 2) });
    await again.close();
    await newer.close();
    const last = sqliteJournal(path);
    const third = await last.open("r");
    await third.begin(begun);
    assertEquals((await third.checkpoints!(begun, "a".repeat(32))).length, 1);
    await third.close();
    await last.close();
  }));

Deno.test("sqlite: rejects what is not a journal, and leaves it unchanged", () =>
  inFolder(async (folder) => {
    const [text, other] = [`${folder}/notes.txt`, `${folder}/shop.db`];
    await writeFile(text, "these are notes and no database\n".repeat(99));
    const db = new DatabaseSync(other);
    db.exec("CREATE TABLE orders (id INTEGER)");
    db.close();
    const before = [await readFile(text), (await stat(other)).size];
    for (const path of [text, other]) {
      const journal = sqliteJournal(path);
      const error = await assertRejects(() => journal.runs(), JournalError);
      assertEquals(error.code, "format", path);
      await journal.close();
    }
    assertEquals([await readFile(text), (await stat(other)).size], before);
  }));

Deno.test("sqlite: reports a path that cannot be opened or written", () =>
  inFolder(async (folder) => {
    const missing = sqliteJournal(`${folder}/no/such/folder/j.db`);
    const error = await assertRejects(() => missing.open("r"), JournalError);
    assertEquals(error.code, "open");
    assert(error.message.includes("unable to open database file"));
    assertEquals((await assertRejects(() => missing.runs(), JournalError)).code, "open");
  }));

Deno.test({
  name: "sqlite: reports a path that may not be written, as Deno's permissions deny it",
  // Tests may run as root, who may write any file.
  ignore: runtime !== "deno",
  fn: () =>
    inFolder(async (folder) => {
      await using child = await running(
        `
      import { sqliteJournal } from "@shoal/agents/journal";
      await sqliteJournal(${JSON.stringify(`${folder}/j.db`)}).open("r")
        .catch(({ name, code, message }) => console.log(name, code, message));
    `,
        ["--allow-read"],
      );
      assert(child.output.startsWith("JournalError open"), child.output);
      assert(child.output.includes("write access"), child.output);
    }),
});

Deno.test("sqlite: reads a read-only file, and rejects runs on it", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    const first = sqliteJournal(path);
    const session = await first.open("r");
    await session.begin(item(0));
    await session.close();
    await first.close();
    const db = new DatabaseSync(path);
    const journal = sqliteJournal(db);
    await journal.runs();
    db.exec("PRAGMA query_only = ON");
    assertEquals((await journal.summary("r"))?.total, 1);
    const error = await assertRejects(() => journal.open("r"), JournalError);
    assertEquals(error.code, "write");
    assert(error.message.includes("readonly"), error.message);
    db.exec("PRAGMA query_only = OFF");
    await (await journal.open("r")).close();
    await journal.close();
    db.close();
  }));

Deno.test("sqlite: keeps what was recorded on a full disk, and continues when there is room", () =>
  inFolder(async (folder) => {
    const db = new DatabaseSync(`${folder}/j.db`);
    const journal = sqliteJournal(db);
    await journal.runs();
    const { page_count } = db.prepare("PRAGMA page_count").get()!;
    db.exec(`PRAGMA max_page_count = ${Number(page_count) + 20}`);
    const session = await journal.open("r");
    const recorded: number[] = [];
    let error: unknown;
    for (let n = 0; error === undefined; n++) {
      const own = item(n);
      try {
        await session.begin(own);
        await session.finish(own, success("x".repeat(5_000)));
        recorded.push(n);
      } catch (thrown) {
        error = thrown;
      }
    }
    assert(error instanceof JournalError);
    assertEquals(error.code, "write");
    assert(error.message.includes("full"), error.message);
    // Later operations fail, too: none may be reported as recorded that is not.
    assertEquals(await assertRejects(() => session.begin(item(999))), error);
    await session.close();
    assertEquals((await journal.summary("r"))?.ok, recorded.length);

    db.exec("PRAGMA max_page_count = 1000000");
    const again = await journal.open("r");
    for (const n of recorded) assert(typeof await again.begin(item(n)) === "object");
    const next = item(recorded.length);
    assertEquals(await again.begin(next), "missing");
    await again.finish(next, success("room"));
    await again.close();
    assertEquals((await journal.summary("r"))?.ok, recorded.length + 1);
    await journal.close();
    db.close();
  }));

Deno.test("sqlite: keeps what precedes a truncation of the log", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    await using writer = await running(`
      import { sqliteJournal } from "@shoal/agents/journal";
      import { success } from ${
      JSON.stringify(new URL("../../contract/journal.ts", import.meta.url))
    };
      const journal = sqliteJournal(${JSON.stringify(path)});
      const session = await journal.open("r");
      for (let n = 0; n < 60; n++) {
        const own = { id: String(n).padStart(32, "0"), index: n, agent: "a" };
        await session.begin(own);
        await session.finish(own, success("number " + n));
      }
      console.log("open");
      setInterval(() => {}, 1_000);
    `);
    await writer.kill();
    const [file, wal] = [await readFile(path), await readFile(`${path}-wal`)];
    let last = 0;
    for (let i = 0; i <= 20; i++) {
      const cut = `${folder}/cut-${i}.db`;
      await writeFile(cut, file);
      // The log is cut at any byte, even within a record.
      await writeFile(`${cut}-wal`, wal.subarray(0, Math.round(wal.length * i / 20) - i % 7));
      const journal = sqliteJournal(cut);
      const found: number[] = [];
      for await (const { index, result } of journal.results("r")) {
        assertEquals(result?.content, `number ${index}`);
        found.push(index);
      }
      // A state that existed at some time, and not an older one than with a shorter rest.
      assertEquals(found, found.map((_, n) => n));
      assert(found.length >= last);
      last = found.length;
      const session = await journal.open("r");
      const own = item(60, { id: "f".repeat(32) });
      await session.begin(own);
      await session.finish(own, success("goes on"));
      await session.close();
      await journal.close();
    }
    assert(last >= 59, `${last}`);
  }));

Deno.test("sqlite: removes pruned data from the file", () =>
  inFolder(async (folder) => {
    const path = `${folder}/j.db`;
    const journal = sqliteJournal(path, { store: "all" });
    const session = await journal.open("r");
    await Promise.all(Array.from({ length: 500 }, async (_, n) => {
      const own = item(n, { params: { text: `SECRET ${n} ${"x".repeat(400)}` } });
      await session.begin(own);
      await session.finish(own, success(`SECRET ${n}`));
    }));
    await session.close();
    const read = async () => {
      // A closed journal is a single file.
      await journal.close();
      return await readFile(path, "utf8").then((text) => text.includes("SECRET"));
    };
    const { size } = await stat(path);
    assertEquals(await read(), true);
    assertEquals(await journal.prune({ runId: "r" }), 1);
    assertEquals(await read(), false);
    assert((await stat(path)).size < Math.max(size, 100_000));
  }));
