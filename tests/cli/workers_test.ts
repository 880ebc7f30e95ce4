import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { AGENTS, place, rowsOf, text, until } from "./helpers.ts";
import { readdirSync } from "node:fs";

const HERE = join(AGENTS, "..");
const THREADS = join(HERE, "worker_agents.ts");
const IO = ["-i", "in.jsonl", "-q", "--ordered"];

Deno.test("--workers runs calls in other threads, with the same results", async () => {
  await using here = await place({ latency: 5 });
  await here.write("in.jsonl", rowsOf(200));
  const output = await here.shoal(
    ["run", `${THREADS}#Where`, ...IO, "-o", "o.jsonl", "--workers", "2", "-c", "20"],
  );
  assertEquals([output.code, output.err], [0, ""]);
  const answers = (await here.rows("o.jsonl"))
    .map(({ output }) => output as { thread: number; answer: string });
  assertEquals(answers.map(({ answer }) => answer), answers.map((_, i) => `said Review: row ${i}`));
  // The main thread would be 0.
  const threads = new Set(answers.map(({ thread }) => thread));
  assertEquals([threads.size, threads.has(0)], [2, false]);
  const plain = ["run", `${AGENTS}#Sentiment`, ...IO];
  assertEquals((await here.shoal([...plain, "-o", "one.jsonl", "--workers", "2"])).code, 0);
  assertEquals((await here.shoal([...plain, "-o", "two.jsonl"])).code, 0);
  assertEquals(await here.read("one.jsonl"), await here.read("two.jsonl"));
  // Rows from workers are not sent again on the event loop.
  const { requests } = here.server.stats;
  assertEquals((await here.shoal([...plain, "-o", "one.jsonl", "--resume"])).code, 0);
  assertEquals(here.server.stats.requests, requests);
});

Deno.test("--workers keeps limits and budgets over all workers together", async () => {
  await using here = await place({ latency: 30 });
  await here.write("in.jsonl", rowsOf(150));
  const output = await here.shoal([
    ...["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "3", "-c", "6"],
    ...["-m", "m", "--price", "50,0", "--max-tokens", "10", "--budget", "0.05"],
  ]);
  assertEquals(output.code, 4, output.err);
  const done = (await here.rows("o.jsonl")).length;
  assertEquals(done > 5 && done < 140, true, `${done}`);
  const { peakInFlight } = here.server.stats;
  assertEquals(peakInFlight >= 2 && peakInFlight <= 6, true, `${peakInFlight}`);
});

Deno.test("--workers finishes calls in flight on Ctrl-C, and the run can be resumed", async () => {
  await using here = await place({ latency: 100 });
  await here.write("in.jsonl", rowsOf(300));
  const args = ["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "2"];
  const child = here.spawn([...args, "--run", "r"]);
  await until(() => here.server.stats.requests >= 30);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 130);
  assertStringIncludes(text(stderr), "To continue: shoal resume r");
  assertEquals((await here.rows("o.jsonl")).length, here.server.stats.requests);
  here.server.configure({ latency: 0 });
  assertEquals((await here.shoal(["resume"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.requests], [300, 300]);
});

Deno.test("--workers passes --base-url to the workers", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  const args = ["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "2"];
  const output = await here.shoal([...args, "--base-url", here.server.url], {
    env: { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" },
  });
  assertEquals([output.code, output.err, here.server.stats.requests], [0, "", 3]);
});

Deno.test("--workers rejects agents that workers cannot run", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(2));
  await here.write(
    "only_here.ts",
    `import { isMainThread } from "node:worker_threads";
     if (!isMainThread) throw new Error("not in here");
     export { Sentiment } from ${JSON.stringify(AGENTS)};`,
  );
  const scripted = `${join(HERE, "scripted_agents.ts")}#Echo`;
  for (
    const [args, pattern] of [
      [["--prompt", "{input}", "-m", "m"], /define the agent in a file/],
      [[`${AGENTS}#Sentiment`, "--provider-batch"], /--provider-batch/],
      [["only_here.ts"], /does not load in them: not in here/],
      [[scripted, "--base-url", here.server.url], /"echo" sets a provider/],
      [[`${AGENTS}#Sentiment`, "--base-url", "nonsense"], /an http or https URL/],
    ] as const
  ) {
    const output = await here.shoal(["run", ...args, "-i", "in.jsonl", "-q", "--workers", "2"]);
    assertEquals([output.code, output.out], [2, ""], output.err);
    assertMatch(output.err, pattern);
  }
  assertEquals(readdirSync(here.dir).includes(".shoal"), false);
});
