/** What cannot be worked with is told before anything is sent, and before anything is written. */
import { sqliteJournal } from "@shoal/agents/journal";
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { AGENTS, canBeBound, type Place, place, rowsOf } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-q"];

Deno.test("an output that cannot be there is told before anything is sent", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  await here.write("file", "");
  for (const path of ["no/such/folder/o.jsonl", "file/o.jsonl"]) {
    const said = await here.shoal([...RUN, "-o", path]);
    assertEquals([said.code, here.server.stats.requests], [3, 0]);
    assertStringIncludes(said.err, `Cannot write ${path}`);
  }
});

Deno.test({
  name: "an output that is read only is told before anything is sent, and stays as it is",
  ignore: !await canBeBound(),
  async fn() {
    await using here = await place();
    await here.write("in.jsonl", rowsOf(3));
    for (const [name, text] of [["full.jsonl", "precious\n"], ["empty.jsonl", ""]] as const) {
      await here.write(name, text);
      await Deno.chmod(here.path(name), 0o400);
      const said = await here.shoal([...RUN, "-o", name, "--fresh"], { bound: true });
      assertEquals([said.code, here.server.stats.requests], [3, 0], said.err);
      assertMatch(said.err, /Cannot write \w+\.jsonl: Permission denied/);
      assertEquals(await here.read(name), text);
      assertEquals(names(here).some((one) => one.endsWith(".part")), false);
    }
  },
});

Deno.test("a run that another process works on: no output is made", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  await using journal = sqliteJournal(here.path(".shoal/r/journal.db"));
  const session = await journal.open("r");
  await refusedAndUntouched(here, args, "another process is writing to it");
  await session.close();
});

Deno.test("a journal of a newer version is not touched, nor is any output made", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  const db = new DatabaseSync(here.path(".shoal/r/journal.db"));
  db.exec("PRAGMA user_version = 99");
  db.close();
  await refusedAndUntouched(here, args, "written by a newer version");
  assertStringIncludes((await here.shoal(["runs"])).out, "written by a newer version");
});

Deno.test("a journal that is none: no output is made", async () => {
  await using here = await place();
  const args = await finishedRun(here);
  await here.write(".shoal/r/journal.db", "this is no database ".repeat(1_000));
  await refusedAndUntouched(here, args, "SQLite");
});

/** A run of three rows that is finished; the arguments that started it. */
async function finishedRun(here: Place): Promise<string[]> {
  await here.write("in.jsonl", rowsOf(3));
  const args = [...RUN, "-o", "o.jsonl", "-e", "e.jsonl", "--run", "r", "--resume"];
  assertEquals((await here.shoal(args)).code, 0);
  return args;
}

/** Whether its outputs are there or not: the run is refused, and they stay so. */
async function refusedAndUntouched(here: Place, args: string[], why: string): Promise<void> {
  const before = await here.read("o.jsonl");
  const refused = async () => {
    const said = await here.shoal(args);
    assertEquals([said.code, here.server.stats.requests], [3, 3], said.err);
    assertStringIncludes(said.err, why);
  };
  await refused();
  assertEquals(await here.read("o.jsonl"), before);
  await Deno.remove(here.path("o.jsonl"));
  await Deno.remove(here.path("e.jsonl"));
  await refused();
  assertEquals(names(here), [".shoal", "in.jsonl"]);
}

function names(here: Place): string[] {
  return [...Deno.readDirSync(here.dir)].map(({ name }) => name).sort();
}
