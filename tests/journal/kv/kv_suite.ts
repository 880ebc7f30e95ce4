/** The tests of journals in Deno KV. `kv_journal_test.ts` runs them with `--unstable-kv`. */
import { JournalError, type KvDatabase, kvJournal } from "@shoal/agents/journal";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { delay } from "@std/async/delay";
import { journalContract, success } from "../../contract/journal.ts";

// The types of Deno KV are declared only with the flag.
const openKv = (Deno as unknown as { openKv(path: string): Promise<KvDatabase> }).openKv;
const LEASE_MS = 2_000;

journalContract("in Deno KV", async (options) => {
  const folder = await Deno.makeTempDir();
  const journal = kvJournal(`${folder}/journal.kv`, options);
  return {
    journal,
    async reopen(options) {
      await journal.close();
      return kvJournal(`${folder}/journal.kv`, options);
    },
    async [Symbol.asyncDispose]() {
      await journal.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
});

Deno.test("kv: locks a run while its process lives, and unlocks it afterwards", async () => {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/journal.kv`;
  const holder = new Deno.Command("deno", {
    args: ["run", "--quiet", "--no-prompt", "-P=test", "--unstable-kv", "-", path],
    cwd: new URL("../../..", import.meta.url),
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = holder.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`
    import { kvJournal } from "@shoal/agents/journal";
    const journal = kvJournal(Deno.args[0], { lease: ${LEASE_MS} });
    const session = await journal.open("r");
    await session.begin({ id: "0".repeat(32), index: 0, agent: "a" });
    console.log("open");
    setInterval(() => {}, 1_000);
  `));
  await writer.close();
  const reader = holder.stdout.getReader();
  assertEquals(new TextDecoder().decode((await reader.read()).value), "open\n");

  const journal = kvJournal(path, { lease: LEASE_MS });
  const error = await assertRejects(() => journal.open("r"), JournalError);
  assertEquals(error.code, "locked");
  // Another run is not locked.
  await (await journal.open("other")).close();

  holder.kill("SIGKILL");
  await reader.cancel();
  await holder.status;
  const began = performance.now();
  const session = await journal.open("r");
  assert(performance.now() - began > LEASE_MS / 2);
  assertEquals(await session.begin({ id: "0".repeat(32), index: 0, agent: "a" }), "missing");
  await session.close();
  await journal.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("kv: renews the lease while the run is open", async () => {
  const kv = await openKv(":memory:");
  const [mine, theirs] = [kvJournal(kv, { lease: 500 }), kvJournal(kv, { lease: 500 })];
  const session = await mine.open("r");
  await delay(1_200);
  assertEquals((await assertRejects(() => theirs.open("r"), JournalError)).code, "locked");
  await session.close();
  await (await theirs.open("r")).close();
  kv.close();
});

Deno.test("kv: cannot write to a run after losing its lease", async () => {
  const kv = await openKv(":memory:");
  const journal = kvJournal(kv, { prefix: ["p"] });
  const session = await journal.open("r");
  const item = { id: "1".repeat(32), index: 0, agent: "a" };
  await session.begin(item);
  await kv.atomic().set(["p", "lease", "r"], { until: Date.now() + 60_000 }).commit();
  const error = await assertRejects(() => session.finish(item, success("x")), JournalError);
  assertEquals(error.code, "locked");
  await session.close();
  assertEquals((await journal.summary("r"))?.ok, 0);
  kv.close();
});

Deno.test("kv: keeps journals with different prefixes apart", async () => {
  const kv = await openKv(":memory:");
  const [a, b] = [kvJournal(kv, { prefix: ["a"] }), kvJournal(kv, { prefix: ["b"] })];
  const session = await a.open("r");
  await session.begin({ id: "1".repeat(32), index: 0, agent: "a" });
  await (await b.open("r")).close();
  assertEquals([(await a.runs()).length, (await b.runs()).length], [1, 0]);
  await session.close();
  // The database was passed in, so it stays open.
  await Promise.all([a.close(), b.close()]);
  kv.close();
});

Deno.test("kv: rejects a journal of a newer version", async () => {
  const kv = await openKv(":memory:");
  await kv.atomic().set(["shoal", "journal", "format"], 2).commit();
  const error = await assertRejects(() => kvJournal(kv).runs(), JournalError);
  assertEquals(error.code, "format");
  assert(error.message.includes("its format is 2"));
  kv.close();
});
