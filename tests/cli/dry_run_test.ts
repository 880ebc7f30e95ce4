/** Tests that `shoal run --dry-run` shows what would be sent, and sends and writes nothing. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { DryRunReport } from "@shoal/agents/cli";
import { chmod, readdir } from "node:fs/promises";
import { AGENTS, canObeyFileModes, type Place, place, rowsOf } from "./helpers.ts";

const SCHEMA = JSON.stringify({
  type: "object",
  properties: { label: { type: "string", enum: ["a", "b"] } },
  required: ["label"],
  additionalProperties: false,
});
const PROMPT = ["run", "--prompt", "Label: {input}", "-m", "gpt-5-mini", "-i", "in.jsonl"];

async function dryRun(
  here: Place,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<DryRunReport> {
  const { code, out, err } = await here.shoal([...args, "--dry-run", "--json"], { env });
  assertEquals([code, err], [0, ""], err);
  return JSON.parse(out);
}

/** Checks that the run would be refused, and that nothing is sent or written. */
async function assertRefused(
  here: Place,
  args: readonly string[],
  pattern: RegExp,
  env?: Record<string, string>,
): Promise<void> {
  const before = [await readdir(here.dir), here.server.stats.requests];
  const { code, out, err } = await here.shoal([...args, "--dry-run"], { env });
  assertEquals([code, out], [2, ""], err);
  assertMatch(err, pattern);
  assertEquals([await readdir(here.dir), here.server.stats.requests], before);
}

Deno.test("--dry-run shows the first requests as they are sent, and sends nothing", async () => {
  const bodies: unknown[] = [];
  await using here = await place({
    respond: ({ body }) => {
      bodies.push(body);
      return '{"label":"a"}';
    },
  });
  await here.write("in.jsonl", rowsOf(5));
  await here.write("schema.json", SCHEMA);
  const args = [
    ...PROMPT,
    ...["--system", "Be brief.", "--schema", "schema.json", "--max-tokens", "50"],
    ...["--temperature", "0.5", "-o", "out.jsonl", "-c", "1"],
  ];
  const report = await dryRun(here, args);
  assertEquals(await readdir(here.dir), ["in.jsonl", "schema.json"]);
  assertEquals([bodies, report.requests.map(({ line }) => line)], [[], [1, 2, 3]]);
  for (const { url } of report.requests) assertEquals(url, `${here.server.url}/chat/completions`);
  const text = await here.shoal([...args, "--dry-run"]);
  assertStringIncludes(text.out, JSON.stringify(report.requests[0]!.body, null, 2));
  assertEquals((text.out + JSON.stringify(report)).includes("sk-secret"), false);

  assertEquals((await here.shoal([...args, "-q"])).code, 0);
  assertEquals(bodies.slice(0, 3), report.requests.map(({ body }) => body));
});

Deno.test("--dry-run estimates tokens and cost of all rows", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2_000) + "{bad\n");
  const report = await dryRun(here, [...PROMPT, "--price", "1,10", "--max-tokens", "100"]);
  const { estimate, rows, bad, sampled } = report;
  assertEquals([rows, bad, sampled], [2_000, 1, 1_000]);
  const { inputTokens, maxInputTokens, outputTokens, maxOutputTokens, cost, maxCost } = estimate!;
  // "Label: row 1234" has four tokens at four characters a token, and its frame four more.
  assertEquals([inputTokens > 14_000, inputTokens < 18_000], [true, true], `${inputTokens}`);
  assertEquals(maxInputTokens > inputTokens, true);
  assertEquals([outputTokens, maxOutputTokens], [200_000, 200_000]);
  assertEquals(cost!.output.toFixed(4), "2.0000");
  assertEquals([maxCost! > cost!.total, cost!.total > 2], [true, true]);

  const open = await dryRun(here, [...PROMPT, "--limit", "10"]);
  assertEquals([open.rows, open.estimate!.outputTokens], [10, 2_000]);
  assertEquals([open.estimate!.maxOutputTokens, open.estimate!.maxCost], [undefined, undefined]);
  const unpriced = await dryRun(here, [...PROMPT, "-m", "unknown-model"]);
  assertEquals([unpriced.estimate!.cost, unpriced.estimate!.unpriced], [
    undefined,
    ["unknown-model"],
  ]);
  const { out } = await here.shoal([...PROMPT, "-m", "unknown-model", "--dry-run"]);
  assertMatch(out, /cost: unknown, as no price is known for unknown-model: --price IN,OUT/);
  // All of these rows are in the sample.
  const few = [...PROMPT, "--price", "1,10", "--limit", "100"];
  const half = await dryRun(here, [...few, "--provider-batch"]);
  const whole = await dryRun(here, few);
  assertEquals((half.estimate!.cost!.total * 2).toFixed(6), whole.estimate!.cost!.total.toFixed(6));
});

Deno.test("--dry-run refuses what a run refuses, with the exit code 2", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  await here.write("in.csv", "id,text\n1,a\n");
  await here.write("full.jsonl", "{}\n");
  const agent = ["run", `${AGENTS}#Sentiment`];
  for (
    const [args, pattern, env] of [
      [[...agent, "-i", "missing.jsonl"], /Cannot read missing\.jsonl/],
      [[...agent, "-i", "in.csv"], /Cannot find the column "input"/],
      [["run", `${AGENTS}#Nobody`, "-i", "in.jsonl"], /Cannot find "Nobody"/],
      [["run", "missing.ts", "-i", "in.jsonl"], /there is no such file/],
      [[...agent, "-i", "in.jsonl", "--columns", "label"], /--columns/],
      [[...agent, "-i", "in.jsonl", "--as", "input"], /has a column "input"/],
      [[...agent, "-i", "in.jsonl", "--map", "nobody=id"], /no such parameter/],
      [[...agent, "-i", "in.jsonl", "--key", "nobody"], /"nobody", which is the --key/],
      [[...agent, "-i", "in.jsonl", "-o", "full.jsonl"], /full\.jsonl as it is not empty/],
      [[...agent, "-i", "in.jsonl", "-o", "no/out.jsonl"], /Cannot write no\/out\.jsonl/],
      [[...agent, "-i", "in.jsonl", "-e", "no/out.jsonl"], /Cannot write no\/out\.jsonl/],
      [[...agent, "-i", "in.jsonl", "-o", "."], /Cannot write \./],
      [[...agent, "--pilot", "3"], /Cannot use --pilot with the standard input/],
      [[...PROMPT, "--schema", "in.csv"], /it is not JSON/],
      [[...PROMPT, "-m", "unknown-model", "--budget", "1"], /price of the model .* --price/],
      [PROMPT, /there is no key: set OPENAI_API_KEY/, { OPENAI_BASE_URL: "", OPENAI_API_KEY: "" }],
    ] as const
  ) {
    await assertRefused(here, args, pattern, env);
  }
});

Deno.test("--dry-run of a run that has started shows what is left, and deletes nothing", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(8));
  const args = [...PROMPT, "-o", "out.jsonl"];
  assertEquals((await here.shoal([...args, "-q", "--limit", "5"])).code, 0);
  await assertRefused(here, args, /has already started: --resume/);
  const spent = [...args, "--resume", "--budget", "0.0000001"];
  await assertRefused(here, spent, /budget of \$1e-7 is spent/);
  const resumed = await dryRun(here, [...args, "--resume"]);
  assertEquals([resumed.rows, resumed.recorded, resumed.estimate!.requests], [8, 5, 3]);
  const fresh = await dryRun(here, [...args, "--fresh"]);
  assertEquals([fresh.recorded, fresh.estimate!.requests], [0, 8]);
  // Both are as before.
  assertEquals((await here.rows("out.jsonl")).length, 5);
  assertMatch((await here.shoal(["show"])).out, /: 5 ok, 0 failed/);
});

Deno.test({
  name: "--dry-run refuses an output that is write-protected",
  ignore: !await canObeyFileModes(),
  async fn() {
    await using here = await place();
    await here.write("in.jsonl", rowsOf(1));
    await here.write("out.jsonl", "");
    await chmod(here.path("out.jsonl"), 0o444);
    const args = [...PROMPT, "-o", "out.jsonl", "--dry-run"];
    const { code, err } = await here.shoal(args, { obeysFileModes: true });
    assertEquals(code, 2, err);
    assertMatch(err, /Cannot write out\.jsonl/);
  },
});

Deno.test("--dry-run counts rows that would fail before they are sent", async () => {
  await using here = await place();
  await here.write("in.jsonl", '{"input":"a"}\n{"other":"b"}\n{"input":"c"}\n');
  const report = await dryRun(here, PROMPT);
  assertEquals([report.rows, report.invalid, report.requests.length], [3, 1, 2]);
  assertMatch(report.warnings.join(), /input/);
});

Deno.test("--dry-run of a workflow shows the requests that depend on no answer", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await here.write(
    "agents.ts",
    `import { defineAgent, defineParallel, definePipeline, defineRouter } from "@shoal/agents";
     const A = defineAgent({ name: "a", model: "gpt-5-mini", prompt: "A: {input}" });
     const B = defineAgent({ name: "b", model: "gpt-5-nano", prompt: "B: {input}" });
     export const Both = defineParallel({ name: "both", branches: { A, B } });
     export const Run = defineAgent({ name: "run", run: () => { throw new Error("it ran"); } });
     export const Steps = definePipeline({ name: "steps", steps: [A, B] });
     export const Mixed = defineParallel({ name: "mixed", branches: { A, Run } });
     export const Own = { name: "own", settle: () => { throw new Error("it ran"); } };`,
  );
  const both = await dryRun(here, ["run", "agents.ts#Both", "-i", "in.jsonl"]);
  const models = both.requests.map(({ line, request }) => `${line} ${request.model}`);
  assertEquals(models, ["1 gpt-5-mini", "1 gpt-5-nano", "2 gpt-5-mini", "2 gpt-5-nano"]);
  assertEquals(both.estimate!.requests, 4);
  for (const name of ["Run", "Steps", "Mixed", "Own"]) {
    const report = await dryRun(here, ["run", `agents.ts#${name}`, "-i", "in.jsonl"]);
    assertEquals([report.rows, report.requests, report.estimate], [2, [], undefined], name);
    const { out } = await here.shoal(["run", `agents.ts#${name}`, "-i", "in.jsonl", "--dry-run"]);
    assertMatch(out, /calls other agents/, name);
  }
  assertEquals(here.server.stats.requests, 0);
});

Deno.test("--dry-run shows the request of a provider that is not one of openai()", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  await here.write(
    "agents.ts",
    `import { defineAgent } from "@shoal/agents";
     import { scripted } from "@shoal/agents/testing";
     const provider = scripted("never");
     export const A = defineAgent({ name: "a", model: "m", prompt: "A: {input}", provider });`,
  );
  const { requests: [one] } = await dryRun(here, ["run", "agents.ts", "-i", "in.jsonl"]);
  assertEquals([one!.provider, one!.url, one!.request.messages], [
    "scripted",
    undefined,
    [{ role: "user", content: "A: row 0" }],
  ]);
});

Deno.test("--dry-run shows the URL without the keys in it", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(1));
  const url = "http://user:secret-password@127.0.0.1:9/v1?api-key=secret-query";
  const { requests } = await dryRun(here, PROMPT, { OPENAI_BASE_URL: url });
  assertEquals(requests[0]!.url, "http://127.0.0.1:9/v1/chat/completions");
  assertEquals(JSON.stringify(requests).includes("secret"), false);
});
