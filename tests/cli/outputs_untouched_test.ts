/** Tests that problems are reported before anything is sent or written. */
import { sqliteJournal } from "@shoal/agents/journal";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AGENTS, canObeyFileModes, type Place, place, rowsOf } from "./helpers.ts";
import { chmod, rm } from "node:fs/promises";
import { readdirSync } from "node:fs";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-q"];

Deno.test("rejects an impossible output path before anything is sent", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  await here.write("file", "");
  for (const path of ["no/such/folder/o.jsonl", "file/o.jsonl"]) {
    const output = await here.shoal([...RUN, "-o", path]);
    assertEquals([output.code, here.server.stats.requests], [3, 0]);
    assertStringIncludes(output.err, `Cannot write ${path}`);
  }
});

Deno.test({
  name: "rejects a read-only output before anything is sent, and leaves it as it is",
  ignore: !await canObeyFileModes(),
  async fn() {
    await using here = await place();
    await here.write("in.jsonl", rowsOf(3));
    for (const [name, text] of [["full.jsonl", "precious\n"], ["empty.jsonl", ""]] as const) {
      await here.write(name, text);
      await chmod(here.path(name), 0o400);
      const output = await here.shoal([...RUN, "-o", name, "--fresh"], { obeysFileModes: true });
      assertEquals([output.code, here.server.stats.requests], [3, 0], output.err);
      assertMatch(output.err, /Cannot write \w+\.jsonl: permission denied/);
      assertEquals(await here.read(name), text);
      assertEquals(names(here).some((one) => one.endsWith(".part")), false);
    }
  },
});

Deno.test("creates no output while another process works on the run", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  await using journal = sqliteJournal(here.path(".shoal/r/journal.db"));
  const session = await journal.open("r");
  await assertRejectedAndUntouched(here, args, "another process is writing to it");
  await session.close();
});

Deno.test("does not touch the journal of a newer version, and creates no output", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  const db = new DatabaseSync(here.path(".shoal/r/journal.db"));
  db.exec("PRAGMA user_version = 99");
  db.close();
  await assertRejectedAndUntouched(here, args, "written by a newer version");
  assertStringIncludes((await here.shoal(["runs"])).out, "written by a newer version");
});

Deno.test("creates no output if the journal is not a database", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  await here.write(".shoal/r/journal.db", "this is no database ".repeat(1_000));
  await assertRejectedAndUntouched(here, args, "SQLite");
});

/** Finishes a run of three rows, and returns the arguments that started it. */
async function finishedRun(here: Place): Promise<string[]> {
  await here.write("in.jsonl", rowsOf(3));
  const args = [...RUN, "-o", "o.jsonl", "-e", "e.jsonl", "--run", "r", "--resume"];
  assertEquals((await here.shoal(args)).code, 0);
  return args;
}

/** Checks that the run is rejected and its outputs stay as they are, whether they exist or not. */
async function assertRejectedAndUntouched(here: Place, args: string[], why: string): Promise<void> {
  const before = await here.read("o.jsonl");
  const assertRejected = async () => {
    const output = await here.shoal(args);
    assertEquals([output.code, here.server.stats.requests], [3, 3], output.err);
    assertStringIncludes(output.err, why);
  };
  await assertRejected();
  assertEquals(await here.read("o.jsonl"), before);
  await rm(here.path("o.jsonl"));
  await rm(here.path("e.jsonl"));
  await assertRejected();
  assertEquals(names(here), [".shoal", "in.jsonl"]);
}

function names(here: Place): string[] {
  return readdirSync(here.dir).sort();
}
