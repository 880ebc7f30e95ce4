/** Numbers that a JavaScript number cannot hold, from rows to prompts, keys, answers and rows. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { AGENTS as OTHERS, place } from "./helpers.ts";

const AGENTS = join(OTHERS, "../digits_agents.ts");
const IDS = ["1234567890123456789", "1234567890123456788", "-9007199254740993", "7"];
const rows = IDS.map((id) => `{"id":${id},"price":0.12345678901234567891}`);
const run = ["run", "-i", "in.jsonl", "-q", "--ordered", "-m", "gpt-5-mini"];

/** The number after a word in the request. */
const answerOf = ({ text }: { readonly text: string }) =>
  `{"id":${/id (\S+)/.exec(text)![1]},"price":1e400}`;

Deno.test("rows keep their digits in prompts, answers and the output", async () => {
  await using here = await place({ respond: answerOf });
  await here.write("in.jsonl", rows.join("\n"));
  const integer = { type: "integer" }, number = { type: "number" };
  const schema = { type: "object", properties: { id: integer, price: number } };
  await here.write("schema.json", JSON.stringify(schema));
  const prompt = ["--prompt", "id {id} costs {price}", "--schema", "schema.json"];
  const { code, err } = await here.shoal([...run, ...prompt, "-o", "out.jsonl"]);
  assertEquals([code, err], [0, ""]);
  assertEquals(
    await here.read("out.jsonl"),
    IDS.map((id, i) => `${rows[i]!.slice(0, -1)},"output":{"id":${id},"price":1e400}}\n`).join(""),
  );
  assertEquals(
    [...here.requestCounts.keys()],
    IDS.map((id) => `id ${id} costs 0.12345678901234567891`),
  );
  // In columns, in CSV, and with another name.
  await here.write("keys.jsonl", IDS.map((id) => `{"key":${id},"price":1e400}`).join("\n"));
  const csv = await here.shoal([
    ...run,
    ...["--prompt", "id {n} costs {price}", "--schema", "schema.json", "--run", "csv"],
    ...["--map", "n=key", "-i", "keys.jsonl", "-o", "out.csv", "--columns", "id"],
  ]);
  assertEquals([csv.code, csv.err], [0, ""]);
  assertEquals(
    await here.read("out.csv"),
    `key,price,id\n${IDS.map((id) => `${id},1e400,${id}\n`).join("")}`,
  );
});

Deno.test("keys that differ in their last digit are different keys, also after a resume", async () => {
  await using here = await place({ respond: answerOf });
  await here.write("in.jsonl", rows.join("\n"));
  const args = [...run, "--prompt", "id {id}", "--key", "id", "--run", "r", "-o", "out.jsonl"];
  assertEquals((await here.shoal(args)).code, 0);
  assertEquals(here.server.stats.requests, IDS.length);
  const written = await here.read("out.jsonl");
  const more = "1234567890123456787";
  await here.write("in.jsonl", [...rows, `{"id":${more}}`].join("\n"));
  assertEquals((await here.shoal([...args, "--resume"])).code, 0);
  assertEquals(here.server.stats.requests, IDS.length + 1);
  const resumed = await here.read("out.jsonl");
  assertEquals(resumed.startsWith(written), true);
  assertStringIncludes(resumed, `{"id":${more},"output":`);
});

Deno.test("failed rows keep their digits", async () => {
  await using here = await place({ respond: () => "none" });
  await here.write("in.jsonl", rows[0]!);
  await here.write("schema.json", '{"type":"object","required":["id"]}');
  const prompt = ["--prompt", "id {id}", "--schema", "schema.json"];
  const { code } = await here.shoal([...run, ...prompt, "-o", "out.jsonl", "-e", "err.jsonl"]);
  assertEquals(code, 1);
  assertStringIncludes(await here.read("err.jsonl"), `"row":${rows[0]}`);
});

Deno.test("agents of a module keep the digits, also in workers and after a replay", async () => {
  await using here = await place({
    respond: ({ text }) => `{"id":"${/id (\S+)/.exec(text)![1]}","price":0.1234567890123456789}`,
  });
  await here.write("in.jsonl", rows.join("\n"));
  const outputs: Record<string, (id: string, row: string) => string> = {
    Numbers: (id) => `{"id":${id},"price":0.1234567890123456789}`,
    Computed: (id, row) => `{"text":"id ${id}","params":${row}}`,
  };
  for (const [name, outputOf] of Object.entries(outputs)) {
    const expected = IDS.map((id, i) =>
      `${rows[i]!.slice(0, -1)},"output":${outputOf(id, rows[i]!)}}\n`
    ).join("");
    for (const workers of [[], ["--workers", "2"]]) {
      const id = `${name}${workers.length}`;
      const out = `${id}.jsonl`;
      const args = [...run, `${AGENTS}#${name}`, ...workers, "-o", out, "--run", id];
      const { code, err } = await here.shoal(args);
      assertEquals([code, err], [0, ""]);
      assertEquals(await here.read(out), expected, id);
      const { requests } = here.server.stats;
      assertEquals((await here.shoal([...args, "--resume"])).code, 0);
      assertEquals(await here.read(out), expected, `${id} resumed`);
      assertEquals(here.server.stats.requests, requests);
    }
  }
  assertEquals(
    [...here.requestCounts.keys()].sort(),
    IDS.map((id) => `id ${id} costs 0.12345678901234567891`).sort(),
  );
});
