import { assertEquals, assertStringIncludes } from "@std/assert";
import { AGENTS, place, rowsOf, text, until } from "./helpers.ts";

const ARGS = ["run", `${AGENTS}#Sentiment`, "-i", "in.jsonl", "-o", "o.jsonl", "--run", "r"];

Deno.test("Ctrl-C finishes rows in flight, and prints how to continue", async () => {
  await using here = await place({ latency: 200 });
  await here.write("in.jsonl", rowsOf(500));
  const child = here.spawn([...ARGS, "-c", "10"]);
  await until(() => here.server.stats.requests >= 30);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 130);
  assertStringIncludes(text(stderr), "To continue: shoal resume r");
  const { requests, aborted } = here.server.stats;
  assertEquals(aborted, 0);
  // Everything that was paid for is in the output.
  assertEquals((await here.rows("o.jsonl")).length, requests);
  assertEquals(requests < 100, true);
  here.server.configure({ latency: 0 });
  assertEquals((await here.shoal(["resume", "r", "-q"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.requests], [500, 500]);
});

Deno.test("Ctrl-C in a pilot finishes and keeps the rows in flight", async () => {
  await using here = await place({ latency: 200 });
  await here.write("in.jsonl", rowsOf(300));
  const child = here.spawn([...ARGS, "--pilot", "250", "--yes", "-c", "5"]);
  await until(() => here.server.stats.requests >= 10);
  child.kill("SIGINT");
  const { code, stderr } = await child.output();
  assertEquals(code, 130);
  assertStringIncludes(text(stderr), "To continue: shoal resume r");
  assertEquals([here.server.stats.aborted, here.server.stats.requests < 100], [0, true]);
  here.server.configure({ latency: 0 });
  assertEquals((await here.shoal(["resume", "r", "-q"])).code, 0);
  assertEquals([(await here.rows("o.jsonl")).length, here.server.stats.requests], [300, 300]);
});

Deno.test("aborts rows that exceed the grace, and runs them again on resume", async () => {
  await using here = await place({
    latency: ({ text }) => text.endsWith("row 3") ? 60_000 : 0,
  });
  await here.write("in.jsonl", rowsOf(20));
  const child = here.spawn([...ARGS, "--grace", "200ms", "-q"]);
  await until(() => here.requestCounts.size === 20);
  child.kill("SIGTERM");
  assertEquals((await child.output()).code, 143);
  assertEquals(here.server.stats.aborted, 1);
  here.server.configure({ latency: 0 });
  assertEquals((await here.shoal(["resume", "-q"])).code, 0);
  assertEquals([...here.requestCounts].filter(([, times]) => times > 1), [["Review: row 3", 2]]);
  assertEquals((await here.rows("o.jsonl")).length, 20);
});

Deno.test("a second Ctrl-C ends the run at once", async () => {
  await using here = await place({ latency: 60_000 });
  await here.write("in.jsonl", rowsOf(20));
  const child = here.spawn([...ARGS, "--grace", "1h"]);
  await until(() => here.server.stats.requests > 0);
  child.kill("SIGINT");
  const reader = child.stderr.getReader();
  let output = "";
  while (!output.includes("again to end")) output += text((await reader.read()).value!);
  child.kill("SIGINT");
  await reader.cancel();
  assertEquals((await child.status).code, 130);
  await child.stdout.cancel();
});

Deno.test("Ctrl-C ends a run that waits for the standard input", async () => {
  await using here = await place();
  const child = here.spawn(["run", `${AGENTS}#Sentiment`, "-q", "--grace", "1h"], {
    stdin: "open",
  });
  child.write('{"input":"a"}\n');
  const reader = child.stdout.getReader();
  assertStringIncludes(text((await reader.read()).value!), "said Review: a");
  child.kill("SIGINT");
  assertEquals((await child.status).code, 130);
  await Promise.all([reader.cancel(), child.stderr.cancel()]);
  child.closeStdin();
});
