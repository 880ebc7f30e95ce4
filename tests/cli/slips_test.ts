/** What a new user does wrong: it is told so that it can be mended, and costs nothing. */
import { assertEquals, assertMatch } from "@std/assert";
import { AGENTS, type Place, place, rowsOf } from "./helpers.ts";

const RUN = ["run", `${AGENTS}#Sentiment`, "-q"];

/** It is refused for this reason, and nothing is sent, written or made. */
async function refused(here: Place, args: readonly string[], says: RegExp): Promise<void> {
  const { requests } = here.server.stats;
  const said = await here.shoal(args);
  assertEquals([said.code, said.out, here.server.stats.requests], [2, "", requests], said.err);
  assertMatch(said.err, says);
  assertEquals(/\n {4}at /.test(said.err), false, said.err);
}

Deno.test("options that cannot be meant", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  for (const concurrency of ["0", "-1", "NaN", "1.5", "", "many"]) {
    await refused(here, [...RUN, "-i", "in.jsonl", "-c", concurrency], /above 0, or adaptive/);
  }
  for (const delimiter of ["", '"', "\n"]) {
    await refused(here, [...RUN, "-i", "in.jsonl", "--delimiter", delimiter], /without quotes/);
  }
  for (const name of ["", "..", "a/b", "-x"]) {
    await refused(here, [...RUN, "-i", "in.jsonl", "--run", name], /Cannot name a run/);
  }
  assertEquals([...Deno.readDirSync(here.dir)].map(({ name }) => name), ["in.jsonl"]);
});

Deno.test("what nobody has thought of does not look like a run with failed rows", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "odd.ts",
    `import { Sentiment } from ${JSON.stringify(AGENTS)};
     export const Odd = new Proxy(Sentiment, {
       get(of, name) {
         if (name === "with") throw new Error("nobody has thought of this");
         return Reflect.get(of, name);
       },
     });`,
  );
  const args = ["run", "odd.ts", "-i", "in.jsonl", "--base-url", here.server.url];
  const said = await here.shoal(args);
  assertEquals([said.code, said.out], [3, ""]);
  assertMatch(said.err, /nobody has thought of this/);
});

Deno.test("columns: those of the answer in the input, and those of a text", async () => {
  await using here = await place();
  await here.write("in.csv", "id,input,output\n1,a,b\n");
  await here.write("in.jsonl", '{"input":"a","output":"b"}\n');
  for (const name of ["in.csv", "in.jsonl"]) {
    const says = /there is a column "output" in the input: name another one by --as/;
    await refused(here, [...RUN, "-i", name], says);
    await refused(here, [...RUN, "-i", name, "--fresh", "--pilot", "1", "--yes"], says);
    assertEquals((await here.shoal([...RUN, "-i", name, "--fresh", "--as", "label"])).code, 0);
  }
  const text = /"sentiment" answers with a text/;
  await refused(here, [...RUN, "-i", "in.jsonl", "--columns", "label"], text);
});

Deno.test("JSONL without the column that is needed: the first row tells of those that there are", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n');
  const said = await here.shoal([...RUN, "-i", "in.jsonl"]);
  assertEquals([said.code, here.server.stats.requests], [1, 0]);
  assertMatch(said.err, /^line 1 has no "input": there are id, text; --map param=column names/);
  const mapped = await here.shoal([...RUN, "-i", "in.jsonl", "--fresh", "--map", "input=txt"]);
  assertMatch(mapped.err, /^line 1 has no "txt": there are id, text/);
  const well = await here.shoal([...RUN, "-i", "in.jsonl", "--fresh", "--map", "input=text"]);
  assertEquals([well.code, well.err, here.server.stats.requests], [0, "", 2]);
});

Deno.test("what is no JSONL at all", async () => {
  await using here = await place();
  await here.write("pretty.json", '[\n  {"input":"a"}\n]\n');
  const pretty = await here.shoal([...RUN, "-i", "pretty.json"]);
  assertMatch(pretty.err, /^line 1: it is not JSON: it begins an array.*jq -c/);
  await here.write("flat.json", '[{"input":"a"},{"input":"b"}]');
  const flat = await here.shoal([...RUN, "-i", "flat.json"]);
  assertMatch(flat.err, /^line 1 is an array and taken for one row: jq -c/);
  await here.write("binary.dat", crypto.getRandomValues(new Uint8Array(60_000)));
  const binary = await here.shoal([...RUN, "-i", "binary.dat"]);
  assertEquals([binary.code, binary.out, here.asked.size], [1, "", 1]);
  assertMatch(binary.err, /No row could be read: binary.dat is taken for jsonl.*--in-format/);
});

Deno.test("runs: a folder that is none, and one among others that cannot be read", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await refused(here, ["runs", "--dir", "in.jsonl"], /Cannot look for runs in in.jsonl/);
  const args = [...RUN, "-i", "in.jsonl", "-o", "o.jsonl"];
  for (const name of ["good", "bad"]) {
    assertEquals((await here.shoal([...args, "--run", name, "--fresh"])).code, 0);
  }
  for (const text of ["{", "{}"]) {
    await here.write(".shoal/bad/run.json", text);
    const { code, out } = await here.shoal(["runs"]);
    assertEquals(code, 0);
    assertMatch(out, /^bad {2}Cannot read how the run "bad" was started: .*\ngood {2}2 ok/);
    assertMatch((await here.shoal(["show"])).out, /^good: 2 ok/);
    const resumed = await here.shoal(["resume", "bad"]);
    assertEquals([resumed.code, here.server.stats.requests], [3, 4]);
    assertMatch(resumed.err, /Cannot read how the run "bad" was started/);
  }
  assertEquals((await here.shoal([...args, "--run", "bad", "--fresh"])).code, 0);
  assertMatch((await here.shoal(["show", "bad"])).out, /^bad: 2 ok/);
});

Deno.test("a row of 5 MB is a row", async () => {
  await using here = await place({ respond: ({ text }) => `${text.length} letters` });
  await here.write("in.jsonl", `{"input":"${"x".repeat(5e6)}"}\n{"input":"small"}\n`);
  const said = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "o.jsonl", "--ordered"]);
  assertEquals([said.code, said.err], [0, ""]);
  const answers = (await here.rows("o.jsonl")).map(({ output }) => output);
  assertEquals(answers, ["5000008 letters", "13 letters"]);
});

Deno.test("CSV: a name twice, CRLF, empty lines at the end, no last line break", async () => {
  await using here = await place();
  await here.write("twice.csv", "id,input,input\n1,a,b\n");
  await refused(here, [...RUN, "-i", "twice.csv"], /its header has the name "input" twice/);
  const want = "id,input,output\n1,a,said Review: a\n2,b,said Review: b\n";
  for (const text of ["id,input\r\n1,a\r\n2,b\r\n\r\n\r\n", "\ufeffid,input\n1,a\n2,b"]) {
    await here.write("in.csv", text);
    const said = await here.shoal([...RUN, "-i", "in.csv", "-o", "o.csv", "--ordered", "--fresh"]);
    assertEquals([said.code, said.err, await here.read("o.csv")], [0, "", want]);
  }
});

Deno.test("a start that sent nothing has begun no run: the next one needs no --resume", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = [...RUN, "-i", "in.jsonl", "-o", "out.jsonl"];
  for (const more of [[], ["--pilot", "1", "--yes"]]) {
    const env = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
    const lacking = await here.shoal([...args, ...more], { env });
    assertEquals(lacking.code, 2);
    assertMatch(lacking.err, /there is no key: set OPENAI_API_KEY/);
    assertEquals(/\n {4}at /.test(lacking.err), false, lacking.err);
  }
  const well = await here.shoal(args);
  assertEquals([well.code, well.err, (await here.rows("out.jsonl")).length], [0, "", 2]);
  await refused(here, args, /has begun already: --resume goes on with it/);
});

Deno.test("times and numbers that cannot be meant: nothing is made", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  for (const option of ["--timeout", "--poll", "--progress-every"]) {
    await refused(here, [...RUN, "-i", "in.jsonl", option, "0"], /a time above 0/);
  }
  await refused(here, [...RUN, "-i", "in.jsonl", "--retries", "-1"], /whole number, 0 or more/);
  assertEquals([...Deno.readDirSync(here.dir)].map(({ name }) => name), ["in.jsonl"]);
  const args = [...RUN, "-i", "in.jsonl", "--grace", "0", "--retries", "0"];
  assertEquals((await here.shoal(args)).code, 0);
});

Deno.test("a prompt without a parameter asks the same for each row: that is told", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const prompt = (text: string) => ["run", "--prompt", text, "-m", "m", "-q", "-i", "in.jsonl"];
  const said = await here.shoal(prompt("Label: {input"));
  assertEquals(said.code, 0);
  assertMatch(said.err, /^"prompt" has no parameter, so each row asks the same: write \{column\}/);
  assertEquals((await here.shoal(prompt("Label: {input}"))).err, "");
});
