/** Tests that mistakes of a new user are reported with a fix, and cost nothing. */
import { assertEquals, assertMatch } from "@std/assert";
import { AGENTS, type Place, place, rowsOf } from "./helpers.ts";
import { readdirSync } from "node:fs";

const RUN = ["run", `${AGENTS}#Sentiment`, "-q"];

/** Checks that the command is rejected with this message, and that nothing is sent or written. */
async function assertRejected(
  here: Place,
  args: readonly string[],
  pattern: RegExp,
): Promise<void> {
  const { requests } = here.server.stats;
  const output = await here.shoal(args);
  assertEquals(
    [output.code, output.out, here.server.stats.requests],
    [2, "", requests],
    output.err,
  );
  assertMatch(output.err, pattern);
  assertEquals(/\n {4}at /.test(output.err), false, output.err);
}

Deno.test("rejects invalid values of options", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  for (const concurrency of ["0", "-1", "NaN", "1.5", "", "many"]) {
    await assertRejected(
      here,
      [...RUN, "-i", "in.jsonl", "-c", concurrency],
      /a positive integer, or adaptive/,
    );
  }
  for (const delimiter of ["", '"', "\n"]) {
    await assertRejected(
      here,
      [...RUN, "-i", "in.jsonl", "--delimiter", delimiter],
      /without quotes/,
    );
  }
  for (const name of ["", "..", "a/b", "-x"]) {
    await assertRejected(here, [...RUN, "-i", "in.jsonl", "--run", name], /Cannot use the --run/);
  }
  assertEquals(readdirSync(here.dir), ["in.jsonl"]);
});

Deno.test("an unexpected error exits with 3, not with 1 as failed rows do", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "odd.ts",
    `import { Sentiment } from ${JSON.stringify(AGENTS)};
     export const Odd = new Proxy(Sentiment, {
       get(of, name) {
         if (name === "with") throw new Error("unexpected");
         return Reflect.get(of, name);
       },
     });`,
  );
  const args = ["run", "odd.ts", "-i", "in.jsonl", "--base-url", here.server.url];
  const output = await here.shoal(args);
  assertEquals([output.code, output.out], [3, ""]);
  assertMatch(output.err, /unexpected/);
});

Deno.test("rejects clashing answer columns, and --columns for a text answer", async () => {
  await using here = await place();
  await here.write("in.csv", "id,input,output\n1,a,b\n");
  await here.write("in.jsonl", '{"input":"a","output":"b"}\n');
  for (const name of ["in.csv", "in.jsonl"]) {
    const pattern = /the input has a column "output": choose another name with --as/;
    await assertRejected(here, [...RUN, "-i", name], pattern);
    await assertRejected(here, [...RUN, "-i", name, "--fresh", "--pilot", "1", "--yes"], pattern);
    assertEquals((await here.shoal([...RUN, "-i", name, "--fresh", "--as", "label"])).code, 0);
  }
  const text = /the answer of "sentiment" is text/;
  await assertRejected(here, [...RUN, "-i", "in.jsonl", "--columns", "label"], text);
});

Deno.test("lists the columns of the first JSONL row if no row has a parameter", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"id":1,"text":"a"}\n{"id":2,"text":"b"}\n');
  const args = [...RUN, "-i", "in.jsonl"];
  const missing = /^Cannot find the column "input": the columns are id, text; --map param=column/;
  await assertRejected(here, args, missing);
  const typo = /^Cannot find the column "txt": the columns are id, text; .* Did you mean "text"\?/;
  await assertRejected(here, [...args, "--map", "input=txt"], typo);
  const well = await here.shoal([...args, "--map", "input=text"]);
  assertEquals([well.code, well.err, here.server.stats.requests], [0, "", 2]);
  // Another row may have it.
  await here.write("some.jsonl", '{"id":1,"text":"a"}\n{broken\n{"id":2,"input":"b"}\n');
  const some = await here.shoal([...RUN, "-i", "some.jsonl"]);
  assertEquals([some.code, here.server.stats.requests], [1, 3]);
  assertMatch(some.err, /^line 1 has no "input": the columns are id, text; --map.*\nline 2: /);
});

Deno.test("explains inputs that are not JSONL", async () => {
  await using here = await place();
  for (
    const [text, pattern] of [
      ['[\n  {"input":"a"}\n]\n', /line 1 begins an array of several lines.*jq -c '\.\[\]' FILE/],
      ['\n[{"input":"a"},\n{"input":"b"}]', /line 2 begins an array of several lines.*jq -c/],
      ['{\n  "input": "a"\n}\n', /line 1 begins an object of several lines.*jq -c \. FILE/],
      ['[{"input":"a"},{"input":"b"}]', /line 1 is an array, and there is no other row.*jq -c/],
    ] as const
  ) {
    await here.write("in.json", text);
    await assertRejected(here, [...RUN, "-i", "in.json", "-o", "o.jsonl"], pattern);
  }
  assertEquals(readdirSync(here.dir), ["in.json"]);
  // Lists may be rows.
  await here.write("lists.jsonl", '["a"]\n["b"]\n');
  const lists = await here.shoal([...RUN, "-i", "lists.jsonl"]);
  assertMatch(lists.err, /^line 1 is an array and counts as one row: jq -c/);
  // Without a line that is a digit by chance.
  const bytes = crypto.getRandomValues(new Uint8Array(60_000));
  await here.write("binary.dat", bytes.map((byte, i) => i % 2 === 0 ? byte | 0x80 : byte));
  const binary = await here.shoal([...RUN, "-i", "binary.dat", "-o", "o.jsonl"]);
  assertEquals([binary.code, binary.out, here.requestCounts.size], [1, "", 0], binary.err);
  assertMatch(binary.err, /No row could be read: binary.dat was read as jsonl.*--in-format/);
});

Deno.test("runs lists unreadable runs with their error, and rejects an invalid --dir", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await assertRejected(here, ["runs", "--dir", "in.jsonl"], /Cannot look for runs in in.jsonl/);
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

Deno.test("accepts a row of 5 MB", async () => {
  await using here = await place({ respond: ({ text }) => `${text.length} letters` });
  await here.write("in.jsonl", `{"input":"${"x".repeat(5e6)}"}\n{"input":"small"}\n`);
  const output = await here.shoal([...RUN, "-i", "in.jsonl", "-o", "o.jsonl", "--ordered"]);
  assertEquals([output.code, output.err], [0, ""]);
  const answers = (await here.rows("o.jsonl")).map(({ output }) => output);
  assertEquals(answers, ["5000008 letters", "13 letters"]);
});

Deno.test("accepts CSV with CRLF, empty lines at the end, or no last line break", async () => {
  await using here = await place();
  const expected = "id,input,output\n1,a,said Review: a\n2,b,said Review: b\n";
  for (const text of ["id,input\r\n1,a\r\n2,b\r\n\r\n\r\n", "\ufeffid,input\n1,a\n2,b"]) {
    await here.write("in.csv", text);
    const output = await here.shoal([
      ...RUN,
      "-i",
      "in.csv",
      "-o",
      "o.csv",
      "--ordered",
      "--fresh",
    ]);
    assertEquals([output.code, output.err, await here.read("o.csv")], [0, "", expected]);
  }
});

Deno.test("after a start that sent nothing, the next one needs no --resume", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const args = [...RUN, "-i", "in.jsonl", "-o", "out.jsonl"];
  for (const more of [[], ["--pilot", "1", "--yes"]]) {
    const env = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
    const withoutKey = await here.shoal([...args, ...more], { env });
    assertEquals(withoutKey.code, 2);
    assertMatch(withoutKey.err, /there is no key: set OPENAI_API_KEY, or .* --base-url/);
    assertEquals(/\n {4}at /.test(withoutKey.err), false, withoutKey.err);
  }
  const well = await here.shoal(args);
  assertEquals([well.code, well.err, (await here.rows("out.jsonl")).length], [0, "", 2]);
  await assertRejected(here, args, /has already started: --resume continues it/);
});

Deno.test("rejects invalid times and numbers before anything is created", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  for (const option of ["--timeout", "--poll", "--progress-every"]) {
    await assertRejected(here, [...RUN, "-i", "in.jsonl", option, "0"], /a positive time/);
  }
  await assertRejected(
    here,
    [...RUN, "-i", "in.jsonl", "--retries", "-1"],
    /an integer, 0 or more/,
  );
  assertEquals(readdirSync(here.dir), ["in.jsonl"]);
  const args = [...RUN, "-i", "in.jsonl", "--grace", "0", "--retries", "0"];
  assertEquals((await here.shoal(args)).code, 0);
});

Deno.test("rejects a placeholder that is not closed, and warns about other braces", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  const prompt = (text: string) => ["run", "--prompt", text, "-m", "m", "-q", "-i", "in.jsonl"];
  const unclosed =
    /Cannot use the --prompt as the "\{" at line 1, column 8 is not closed: "\{input/;
  await assertRejected(here, prompt("Label: {input"), unclosed);
  await assertRejected(here, prompt("Label: {input, as {id}"), unclosed);
  await here.write("prompt.txt", "Label:\n{ {input} and {id");
  await assertRejected(here, prompt("@prompt.txt"), /line 2, column 15 is not closed: "\{id"/);
  assertEquals((await here.shoal(prompt("Label: {input}"))).err, "");
  for (const text of ['{input} as {"a": {"b": 1}}', "{{input}} {input}"]) {
    assertEquals((await here.shoal([...prompt(text), "--fresh"])).err, "");
  }
  const odd = await here.shoal([...prompt("{input} after a { brace"), "--fresh"]);
  assertEquals(odd.code, 0);
  assertMatch(odd.err, /^the "\{" at line 1, column 17 of the --prompt is not closed, and is sent/);
});

Deno.test("rejects a prompt without a parameter for more than one row", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  await here.write("one.jsonl", rowsOf(1));
  const prompt = ["run", "--prompt", "A joke", "-m", "m", "-q"];
  const same =
    /Cannot run more than one row as "prompt" has no parameter.*write \{column\}.*--limit/;
  await assertRejected(here, [...prompt, "-i", "in.jsonl"], same);
  await assertRejected(here, [...prompt, "-i", "in.jsonl", "--pilot", "1", "--fresh"], same);
  assertEquals((await here.shoal([...prompt, "-i", "one.jsonl"])).err, "");
  const meant = await here.shoal([...prompt, "-i", "in.jsonl", "--fresh", "--limit", "2"]);
  assertEquals([meant.code, here.server.stats.requests], [0, 3]);
  assertMatch(meant.err, /^"prompt" has no parameter, so all rows send the same request\n$/);
});
