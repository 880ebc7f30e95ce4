import { assertEquals } from "@std/assert";
import { batch, defineAgent, summarize } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { addTime, NO_TIME, verdictOn } from "../../src/run/verdict.ts";
import { fakeTime } from "../helpers.ts";

const even = { p50: 100, p95: 110, p99: 120, max: 130 };

Deno.test("verdict: names what took the most, and by how much", () => {
  const cases = [
    [
      { modelMs: 98, queuedMs: 2 },
      "98 % of the time calls waited for the model: a higher `concurrency` would help, if limits allow",
    ],
    [
      { modelMs: 18, limitedMs: 82 },
      "82 % of the time calls waited for a rate limit: only a higher limit would help",
    ],
    [
      { modelMs: 40, backoffMs: 60 },
      "60 % of the time calls waited between attempts: the server refuses or fails",
    ],
    [
      { queuedMs: 3, modelMs: 1 },
      "75 % of the time calls waited for a place: a higher `concurrency` would help",
    ],
    [{ toolsMs: 5 }, "100 % of the time tools were running"],
    [{}, "nothing took any time"],
  ] as const;
  for (const [spent, verdict] of cases) {
    assertEquals(verdictOn({ ...NO_TIME, ...spent }, even), verdict);
  }
});

Deno.test("verdict: a long tail is worth a word", () => {
  const tail = verdictOn({ ...NO_TIME, modelMs: 1 }, { p50: 100, p95: 300, p99: 410, max: 500 });
  assertEquals(tail.endsWith("; p99 is 4.1 × the median"), true);
});

Deno.test("verdict: times add up, part by part", () => {
  const timing = { queuedMs: 1, limitedMs: 2, backoffMs: 3, modelMs: 4, toolsMs: 5 };
  assertEquals(addTime(timing, timing), {
    queuedMs: 2,
    limitedMs: 4,
    backoffMs: 6,
    modelMs: 8,
    toolsMs: 10,
  });
});

Deno.test("summarize tells why a run was slow", async () => {
  using time = fakeTime();
  const A = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    provider: scripted("ok", { latency: 10 }),
  });
  const calls = Array.from({ length: 20 }, () => [A, {}] as const);
  const done = batch(calls, { concurrency: 20, limits: { requestsPerMinute: 60 } });
  await time.tick(30_000);
  const { verdict, timeSpent } = summarize(await done);
  assertEquals(timeSpent.limitedMs > 100_000 && timeSpent.modelMs >= 200, true);
  assertEquals(
    verdict.startsWith("100 % of the time calls waited for a rate limit"),
    true,
    verdict,
  );
});
