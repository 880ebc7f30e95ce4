/** Tests with faulty inputs and disks. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { open, truncate } from "node:fs/promises";
import { AGENTS, place, rowsOf } from "./helpers.ts";
import { readdirSync } from "node:fs";

const RUN = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-q"];

Deno.test("lines that are not UTF-8 or not JSON are bad rows", async () => {
  await using here = await place();
  const text = (text: string) => [...new TextEncoder().encode(text)];
  await here.write(
    "in.jsonl",
    new Uint8Array([
      ...text('{"input":"a"}\n'),
      ...text('{"input":"'),
      0xff,
      ...text('"}\n{"input":\n{"input":"ü"}\r\n{"input":"end"}'),
    ]),
  );
  const output = await here.shoal([...RUN, "-o", "o.jsonl", "--ordered"]);
  assertEquals(output.code, 1);
  assertMatch(output.err, /^line 2: it is not UTF-8\nline 3: it is not JSON\n$/);
  assertEquals((await here.rows("o.jsonl")).map(({ input }) => input), ["a", "ü", "end"]);
});

Deno.test("invalid UTF-8 spoils one row of CSV, and an open quote ends the run", async () => {
  await using here = await place();
  const csv = [...new TextEncoder().encode("input\nü\nx")];
  await here.write("in.csv", new Uint8Array([...csv, 0xe4, 10, 111, 107, 50, 10]));
  const output = await here.shoal([
    "run",
    `${AGENTS}#Sentiment`,
    "-i",
    "in.csv",
    "-o",
    "o.csv",
    "-q",
  ]);
  assertEquals([output.code, output.err], [1, "line 3: it is not UTF-8\n"]);
  assertEquals((await here.read("o.csv")).split("\n").length, 4);
  await here.write("open.csv", 'input\nfirst\n"never closed\n' + "x\n".repeat(100_000));
  const open = await here.shoal(
    ["run", `${AGENTS}#Sentiment`, "-i", "open.csv", "-q", "--max-row", "64k"],
  );
  assertEquals([open.code, open.out.includes("first")], [3, true]);
  assertMatch(open.err, /line 3 is longer than 64000 bytes/);
});

Deno.test("a line of 200 MB is a bad row, in flat memory", async () => {
  await using here = await place();
  {
    const file = await open(here.path("in.jsonl"), "w");
    for (let i = 0; i < 200; i++) await file.writeFile("x".repeat(1_000_000));
    await file.writeFile('\n{"input":"after"}\n');
    await file.close();
  }
  const output = await here.shoal([...RUN, "-o", "o.jsonl"]);
  assertEquals(output.code, 1);
  assertMatch(output.err, /^line 1: it is longer than 16000000 bytes.*\n$/);
  assertEquals((await here.rows("o.jsonl")).map(({ input }) => input), ["after"]);
});

Deno.test("an empty input results in an empty output", async () => {
  await using here = await place();
  await here.write("in.jsonl", "");
  const output = await here.shoal([...RUN, "-o", "o.jsonl"]);
  assertEquals([output.code, output.err, await here.read("o.jsonl")], [0, "", ""]);
  await here.write("in.csv", "id,input\n");
  const csv = await here.shoal(["run", `${AGENTS}#Sentiment`, "-i", "in.csv", "-o", "o.csv", "-q"]);
  assertEquals([csv.code, csv.err, await here.read("o.csv")], [0, "", "id,input,output\n"]);
});

Deno.test("equal rows are separate rows", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"input":"same"}\n'.repeat(5));
  assertEquals((await here.shoal([...RUN, "-o", "o.jsonl"])).code, 0);
  assertEquals((await here.rows("o.jsonl")).length, 5);
  assertEquals((await here.shoal(["resume", "-q"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.requests], [5, 5]);
});

Deno.test("a full disk ends the run, and keeps finished rows", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(300));
  // Deno allows writing to a device only with all permissions.
  const output = await here.shoal([...RUN, "-o", "/dev/full", "--run", "r"], { all: true });
  assertEquals(output.code, 3);
  assertMatch(output.err, /Cannot write \/dev\/full: no space left on device/i);
  assertStringIncludes(output.err, "shoal resume r");
  const before = here.server.stats.requests;
  const again = await here.shoal(["resume", "r", "-o", "o.jsonl"]);
  assertEquals([again.code, (await here.rows("o.jsonl")).length], [0, 300]);
  assertEquals(here.server.stats.requests < 300 + 20 && before > 0, true);
});

Deno.test("a line that a crash has cut off does not survive a resume", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(20));
  assertEquals((await here.shoal([...RUN, "-o", "o.jsonl"])).code, 0);
  await truncate(here.path("o.jsonl"), 333);
  assertEquals((await here.shoal(["resume", "-q"])).code, 0);
  assertEquals((await here.rows("o.jsonl")).length, 20);
  assertEquals(here.server.stats.requests, 20);
  assertEquals(readdirSync(here.dir).some((name) => name.endsWith(".part")), false);
});

Deno.test("a second process on the same run is rejected, and changes nothing", async () => {
  await using here = await place({ latency: 50 });
  await here.write("in.jsonl", rowsOf(200));
  const first = here.spawn([...RUN, "-o", "o.jsonl", "--run", "r", "-c", "5"]);
  while (here.server.stats.requests < 10) await new Promise((resolve) => setTimeout(resolve, 10));
  const second = await here.shoal([...RUN, "-o", "o.jsonl", "--run", "r", "--resume"]);
  assertEquals(second.code, 3);
  assertEquals((await first.output()).code, 0);
  assertEquals((await here.rows("o.jsonl")).length, 200);
});
