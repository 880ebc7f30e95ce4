import { assertEquals } from "@std/assert";
import { batch, defineAgent, summarize } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { addTime, NO_TIME, verdictOn } from "../../src/run/verdict.ts";
import { fakeTime, handmade, reply } from "../helpers.ts";

const even = { p50: 100, p95: 110, p99: 120, max: 130 };

Deno.test("verdict: names the part that took the most time, and its share", () => {
  const cases = [
    [
      { modelMs: 98, queuedMs: 2 },
      "waiting for the model 98 % of the time: " +
      "a higher `concurrency` would help, if the server's limits allow",
    ],
    [
      { modelMs: 18, limitedMs: 82, requestsMs: 82 },
      "limited by requests per minute 82 % of the time: only a higher limit would help",
    ],
    [
      { modelMs: 18, limitedMs: 82, tokensMs: 80, requestsMs: 2 },
      "limited by tokens per minute 80 % of the time: " +
      "only a higher limit, or shorter texts, would help",
    ],
    [
      { pausedMs: 6, limitedMs: 6, modelMs: 4 },
      "limited by the server, which rejected requests (429) 60 % of the time: " +
      "set `limits` that it accepts",
    ],
    [
      { budgetMs: 90, limitedMs: 90, modelMs: 10 },
      "limited by the budget 90 % of the time: " +
      "a larger `budget`, or a `maxTokens` near the length of the answers, would help",
    ],
    [
      { modelMs: 40, backoffMs: 60 },
      "backing off between attempts 60 % of the time: the server rejects requests or fails",
    ],
    [
      { queuedMs: 3, modelMs: 1 },
      "limited by concurrency 75 % of the time: a higher `concurrency` would help",
    ],
    [{ toolsMs: 5 }, "running tools 100 % of the time"],
    [{}, "nothing took any time"],
  ] as const;
  for (const [spent, verdict] of cases) {
    assertEquals(verdictOn({ ...NO_TIME, ...spent }, even, { isAdaptive: false }), verdict);
  }
  assertEquals(
    verdictOn({ ...NO_TIME, queuedMs: 1 }, even, { isAdaptive: true }),
    "limited by the concurrency that the server accepts 100 % of the time",
  );
});

Deno.test("verdict: reports a long tail", () => {
  const tail = verdictOn(
    { ...NO_TIME, modelMs: 1 },
    { p50: 100, p95: 300, p99: 410, max: 500 },
    { isAdaptive: false },
  );
  assertEquals(tail.endsWith("; p99 of the model 4.1 × its median: hedging would cut it"), true);
});

Deno.test("addTime sums each part of the time", () => {
  const timing = { queuedMs: 1, limitedMs: 2, backoffMs: 3, modelMs: 40, toolsMs: 5 };
  const streamed = { connectMs: 3, firstTokenMs: 10, generationMs: 30 };
  const one = addTime(NO_TIME, { ...timing, ...streamed, limitedBy: "tokens" });
  const two = addTime(one, { ...timing, firstTokenMs: 7, limitedBy: "requests" });
  assertEquals(addTime(two, { ...timing, limitedBy: "pause" }), {
    queuedMs: 3,
    limitedMs: 6,
    requestsMs: 2,
    tokensMs: 2,
    pausedMs: 2,
    budgetMs: 0,
    backoffMs: 9,
    modelMs: 120,
    connectMs: 3,
    firstTokenMs: 14,
    generationMs: 30,
    toolsMs: 15,
  });
});

Deno.test("summarize reports the time to the first token of streamed answers", async () => {
  using time = fakeTime();
  const provider = handmade({
    async *stream(_request, { onResponse }) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      onResponse?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
      yield { type: "delta", text: "a" };
      await new Promise((resolve) => setTimeout(resolve, 30));
      yield { type: "reply", reply: reply("a") };
    },
  });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
  const done = A.call({}, { onDelta() {} });
  await time.tick(60);
  const { connectMs, firstTokenMs, generationMs, modelMs } = (await done).timing;
  assertEquals([connectMs, firstTokenMs, generationMs, modelMs], [10, 30, 30, 60]);
  const spent = summarize([await done]).timeSpent;
  assertEquals([spent.connectMs, spent.firstTokenMs, spent.generationMs], [10, 20, 30]);
});

Deno.test("summarize reports the tail of the model's latency, not of the queue", async () => {
  using time = fakeTime();
  let n = 0;
  const make = (latency: () => number) =>
    defineAgent({ name: "a", model: "m", prompt: "x", provider: scripted("ok", { latency }) });
  const run = (latency: () => number, concurrency: number) =>
    batch(Array.from({ length: 100 }, () => [make(latency), {}] as const), { concurrency });
  const done = Promise.all([run(() => ++n > 98 ? 500 : 10, 100), run(() => 10, 5)]);
  await time.tick(1_000);
  const [tail, queue] = (await done).map((results) => summarize(results).verdict);
  assertEquals(tail!.endsWith("hedging would cut it"), true, tail);
  assertEquals(queue!.includes("hedging"), false, queue);
});

Deno.test("summarize states why a run was slow", async () => {
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
    verdict.startsWith("limited by requests per minute 100 % of the time"),
    true,
    verdict,
  );
});

Deno.test("verdict: gives no advice on speed if every call failed", () => {
  const spent = { ...NO_TIME, modelMs: 98, queuedMs: 2 };
  const long = { p50: 1, p95: 10, p99: 14, max: 15 };
  assertEquals(
    verdictOn(spent, long, { isAdaptive: false, allFailed: true }),
    "waiting for the model 98 % of the time: every call failed",
  );
  const limited = verdictOn({ ...NO_TIME, limitedMs: 9, requestsMs: 9 }, long, {
    isAdaptive: false,
    allFailed: true,
  });
  assertEquals(limited.endsWith("only a higher limit would help"), true, limited);
});
