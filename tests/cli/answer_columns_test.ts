/** Tests that nothing is paid for an answer that cannot be written. */
import { assertEquals, assertMatch } from "@std/assert";
import { join } from "node:path";
import { AGENTS, type Place, place, rowsOf } from "./helpers.ts";

const TYPED = join(AGENTS, "..", "typed_agents.ts");

/** A simulated server whose answers have a label and a score. */
const labelled = { respond: () => '{"label":"good","score":0.5}' };

function run(agent: string, ...more: string[]): string[] {
  return ["run", `${TYPED}#${agent}`, "-q", "-i", "in.jsonl", ...more];
}

/** Checks that the command is rejected with this message before anything is sent or written. */
async function assertRejected(here: Place, args: readonly string[], pattern: RegExp) {
  const { requests } = here.server.stats;
  const { code, out, err } = await here.shoal(args);
  assertEquals([code, out, here.server.stats.requests], [2, "", requests], err);
  assertMatch(err, pattern);
}

Deno.test("rejects --columns that the answer cannot have, whatever defines the agent", async () => {
  await using here = await place(labelled);
  await here.write("in.jsonl", rowsOf(3));
  const closed = /no such member: did you mean "label"\? Its members are label, score/;
  for (
    const [agent, pattern] of [
      ["Zod", closed],
      ["Json", closed],
      ["Referenced", closed],
      ["Nullable", closed],
      ["Intersection", closed],
      ["Pipeline", closed],
      ["Router", closed],
      ["Changed", closed],
      ["Union", /did you mean "label"\? Its members are kind, label, word/],
      ["Parallel", /did you mean "zod"\? Its members are zod, text/],
      ["Text", /the answer of "text" is text, which has no members/],
      ["Choice", /the answer of "choice" is text, which has no members/],
      ["List", /the answer of "list" is a list, which has no members/],
      ["Count", /the answer of "count" is a number, which has no members/],
    ] as const
  ) {
    await assertRejected(here, run(agent, "--columns", "lable"), pattern);
  }
  const prompt = ["run", "--prompt", "{input}", "-m", "m", "-q", "-i", "in.jsonl"];
  await assertRejected(here, [...prompt, "--columns", "a"], /--schema sets a JSON Schema of an/);
  await here.write("schema.json", '{"type":"object","properties":{"label":{"type":"string"}}}');
  const typo = [...prompt, "--schema", "schema.json", "--columns", "lable"];
  await assertRejected(here, typo, /did you mean "label"\?/);
});

Deno.test("accepts members of each branch of a union, a workflow and a router", async () => {
  await using here = await place(labelled);
  await here.write("in.jsonl", rowsOf(1));
  for (
    const [agent, columns] of [
      ["Zod", "label,score"],
      ["Referenced", "label"],
      ["Nullable", "score"],
      ["Intersection", "label,score"],
      ["Pipeline", "label"],
      ["Parallel", "zod,text"],
      ["Open", "label"],
    ] as const
  ) {
    const { code, err } = await here.shoal([...run(agent, "--columns", columns), "--fresh"]);
    assertEquals([code, err], [0, ""], agent);
  }
});

Deno.test("the first answer without a member ends the run, and nothing that was paid is lost", async () => {
  await using here = await place(labelled);
  await here.write("in.jsonl", rowsOf(60));
  for (const [i, agent] of ["Function", "Open", "Transformed", "Aggregate"].entries()) {
    const args = [...run(agent, "-o", `${i}.jsonl`), "--run", `r${i}`, "-c", "3"];
    const { code, err } = await here.shoal([...args, "--columns", "lable"]);
    assertEquals(code, 3, err);
    assertMatch(
      err,
      /column "lable" of --columns as the answer to line \d+ has no such member: its/,
    );
    assertMatch(err, new RegExp(`To continue: shoal resume r${i} --columns NAMES`));
    const paid = here.server.stats.requests;
    const resumed = await here.shoal(["resume", `r${i}`, "--columns", "label", "--limit", "1"]);
    assertEquals(resumed.code, 0, resumed.err);
    assertEquals(here.server.stats.requests, paid);
    assertEquals((await here.rows(`${i}.jsonl`)).map(({ label }) => label), ["good"]);
  }
  const { code, err } = await here.shoal([...run("Words"), "--columns", "a", "--fresh"]);
  assertEquals(code, 3);
  assertMatch(err, /the answer to line \d+ is no object: --as names a column/);
  assertMatch(err, /shoal resume \S+ --as NAME/);
});

Deno.test("a pilot finds that answers lack a member before the run starts", async () => {
  await using here = await place(labelled);
  await here.write("in.jsonl", rowsOf(60));
  const args = [...run("Open"), "--pilot", "2", "--yes", "--columns", "lable"];
  const { code, err } = await here.shoal(args);
  assertEquals([code, here.server.stats.requests], [3, 2], err);
  assertMatch(err, /as the answer to line \d+ has no such member/);
});

Deno.test("later answers without a member are counted", async () => {
  let answers = 0;
  await using here = await place({
    respond: () => answers++ === 0 ? '{"label":"a"}' : '{"other":"b"}',
  });
  await here.write("in.jsonl", rowsOf(3));
  const args = run("Open", "--columns", "label", "-c", "1", "-o", "o.csv").filter((a) =>
    a !== "-q"
  );
  const { code, err } = await here.shoal(args);
  assertEquals(code, 0, err);
  assertMatch(err, /3 ok, 0 failed, 2 without a member of --columns/);
  assertEquals(await here.read("o.csv"), "id,input,label\n0,row 0,a\n1,row 1,\n2,row 2,\n");
});

Deno.test("clashing columns are rejected at once, and the advice works", async () => {
  await using here = await place(labelled);
  const csv = "id,input,label,output,_cost\n1,a,b,c,d\n";
  await here.write("in.csv", csv);
  await here.write("in.jsonl", '{"id":1,"input":"a","label":"b","output":"c","_cost":"d"}\n');
  for (const name of ["in.csv", "in.jsonl"]) {
    const args = ["run", `${TYPED}#Zod`, "-q", "-i", name, "--out-format", "csv"];
    await assertRejected(here, args, /has a column "output": choose another name with --as/);
    const columns = [...args, "--columns", "score,label"];
    await assertRejected(
      here,
      [...columns, "--fresh"],
      /has a column "label": rename it with --columns score,label=new_label\n/,
    );
    const renamed = [...args, "--fresh", "--columns", "score,label=new_label"];
    const { code, out, err } = await here.shoal(renamed);
    assertEquals([code, err], [0, ""]);
    assertEquals(out, csv.replace("\n", ",score,new_label\n").replace(/\n$/, ",0.5,good\n"));
    const meta = [...args, "--fresh", "--as", "a", "--meta"];
    await assertRejected(
      here,
      meta,
      /has a column "_cost": leave out --meta, or rename that column/,
    );
    const as = await here.shoal([...args, "--fresh", "--as", "answer"]);
    assertEquals([as.code, as.err], [0, ""]);
  }
});

Deno.test("clashes among the flags themselves are rejected", async () => {
  await using here = await place(labelled);
  await here.write("in.jsonl", rowsOf(1));
  for (
    const [flags, pattern] of [
      [["--as", "a", "--columns", "label"], /Cannot use --as with --columns: .* renames/],
      [
        ["--as", "_cost", "--meta"],
        /--meta also adds a column "_cost": choose another name with --as/,
      ],
      [["--columns", "score=_ms", "--meta"], /"_ms": rename it with --columns score=new__ms/],
      [["--columns", "label,score=label"], /the column "label" twice: score=new_label renames one/],
      [["--columns", "label,label"], /the column "label" twice/],
      [["--columns", "label="], /member or member=column/],
      [["--columns", " , "], /one or more names/],
      [["--as", " "], /the name of a column/],
    ] as const
  ) {
    await assertRejected(here, run("Zod", ...flags), pattern);
  }
});

Deno.test("a later row with the column of the answer is a bad row that a resumed run finishes", async () => {
  await using here = await place(labelled);
  await here.write(
    "in.jsonl",
    '{"input":"a"}\n{"input":"b","output":1}\n{"input":"c"}\n{"input":"d","_ms":1}\n',
  );
  const args = run("Zod", "-o", "o.jsonl", "-e", "e.jsonl", "--run", "late", "--ordered");
  const { code, err } = await here.shoal(args);
  assertEquals([code, here.server.stats.requests], [1, 3], err);
  assertMatch(
    err,
    /^line 2: it has a column "output", which is the column for the answer: choose another/,
  );
  assertEquals((await here.rows("o.jsonl")).map(({ input }) => input), ["a", "c", "d"]);
  assertEquals((await here.rows("e.jsonl")).map(({ line, code }) => [line, code]), [[
    2,
    "bad_row",
  ]]);
  const resumed = await here.shoal(["resume", "late", "--as", "answer"]);
  assertEquals([resumed.code, here.server.stats.requests], [0, 4], resumed.err);
  const rows = await here.rows("o.jsonl");
  assertEquals(rows.map(({ input }) => input), ["a", "b", "c", "d"]);
  assertEquals(rows[1], { input: "b", output: 1, answer: { label: "good", score: 0.5 } });
  const meta = await here.shoal([...run("Zod", "--meta", "--as", "x", "--ordered"), "--fresh"]);
  assertEquals(meta.code, 1);
  assertMatch(
    meta.err,
    /^line 4: it has a column "_ms", which is a column of --meta: leave out --meta/,
  );
});
