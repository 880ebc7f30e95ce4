import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { join } from "node:path";
import { AGENTS, place, rowsOf, text, until } from "./helpers.ts";

const HERE = join(AGENTS, "..");
const THREADS = join(HERE, "worker_agents.ts");
const IO = ["-i", "in.jsonl", "-q", "--ordered"];

Deno.test("--workers: the same results, made in other threads, and the same run afterwards", async () => {
  await using here = await place({ latency: 5 });
  await here.write("in.jsonl", rowsOf(200));
  const said = await here.shoal(
    ["run", `${THREADS}#Where`, ...IO, "-o", "o.jsonl", "--workers", "2", "-c", "20"],
  );
  assertEquals([said.code, said.err], [0, ""]);
  const answers = (await here.rows("o.jsonl"))
    .map(({ output }) => output as { thread: number; said: string });
  assertEquals(answers.map(({ said }) => said), answers.map((_, i) => `said Review: row ${i}`));
  // None of them is the main thread, which is 0.
  const threads = new Set(answers.map(({ thread }) => thread));
  assertEquals([threads.size, threads.has(0)], [2, false]);
  const plain = ["run", `${AGENTS}#Sentiment`, ...IO];
  assertEquals((await here.shoal([...plain, "-o", "one.jsonl", "--workers", "2"])).code, 0);
  assertEquals((await here.shoal([...plain, "-o", "two.jsonl"])).code, 0);
  assertEquals(await here.read("one.jsonl"), await here.read("two.jsonl"));
  // Who is resumed elsewhere is not asked again.
  const { requests } = here.server.stats;
  assertEquals((await here.shoal([...plain, "-o", "one.jsonl", "--resume"])).code, 0);
  assertEquals(here.server.stats.requests, requests);
});

Deno.test("--workers: limits and budgets hold over all of them together", async () => {
  await using here = await place({ latency: 30 });
  await here.write("in.jsonl", rowsOf(150));
  const said = await here.shoal([
    ...["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "3", "-c", "6"],
    ...["-m", "m", "--price", "50,0", "--max-tokens", "10", "--budget", "0.05"],
  ]);
  assertEquals(said.code, 4, said.err);
  const done = (await here.rows("o.jsonl")).length;
  assertEquals(done > 5 && done < 140, true, `${done}`);
  const { peakInFlight } = here.server.stats;
  assertEquals(peakInFlight >= 2 && peakInFlight <= 6, true, `${peakInFlight}`);
});

Deno.test("--workers: Ctrl-C lets them finish, and the run goes on afterwards", async () => {
  await using here = await place({ latency: 100 });
  await here.write("in.jsonl", rowsOf(300));
  const args = ["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "2"];
  const child = here.spawn([...args, "--run", "r"]);
  await until(() => here.server.stats.requests >= 30);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 130);
  assertStringIncludes(text(stderr), "To go on: shoal resume r");
  assertEquals((await here.rows("o.jsonl")).length, here.server.stats.requests);
  here.server.configure({ latency: 0 });
  assertEquals((await here.shoal(["resume"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.requests], [300, 300]);
});

Deno.test("--workers: they know the --base-url", async () => {
  await using here = await place();
  await here.write("in.jsonl", rowsOf(3));
  const args = ["run", `${AGENTS}#Sentiment`, ...IO, "-o", "o.jsonl", "--workers", "2"];
  const said = await here.shoal([...args, "--base-url", here.server.url], {
    env: { OPENAI_BASE_URL: "http://127.0.0.1:1/v1" },
  });
  assertEquals([said.code, said.err, here.server.stats.requests], [0, "", 3]);
});

Deno.test("--workers: where they cannot be, that is told before anything is made", async () => {
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
    const [args, says] of [
      [["--prompt", "{input}", "-m", "m"], /put it into a file/],
      [[`${AGENTS}#Sentiment`, "--provider-batch"], /--provider-batch/],
      [["only_here.ts"], /does not load in them: not in here/],
      [[scripted, "--base-url", here.server.url], /"echo" names a provider/],
      [[`${AGENTS}#Sentiment`, "--base-url", "nonsense"], /no URL of a server/],
    ] as const
  ) {
    const said = await here.shoal(["run", ...args, "-i", "in.jsonl", "-q", "--workers", "2"]);
    assertEquals([said.code, said.out], [2, ""], said.err);
    assertMatch(said.err, says);
  }
  assertEquals([...Deno.readDirSync(here.dir)].some(({ name }) => name === ".shoal"), false);
});
