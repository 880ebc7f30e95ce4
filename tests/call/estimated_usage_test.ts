/** What a streamed answer used that was broken off before it could say so. */
import { defineAgent, type ModelChunk, scope } from "@shoal/agents";
import { assert, assertEquals } from "@std/assert";
import { busy, configured, fakeTime, handmade, never, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}", retries: 0 };
const prompt = "x".repeat(40); // 10 tokens

/** Creates a provider that streams this text in deltas of 8 characters, then hangs or fails. */
function breaks(pieces: number, end?: Error) {
  return handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      for (let i = 0; i < pieces; i++) {
        yield await Promise.resolve({ type: "delta", text: "12345678" });
      }
      if (end !== undefined) throw end;
      await never();
    },
  });
}

Deno.test("estimated: the usage of an aborted stream is what has come, and marked so", async () => {
  using _ = configured({ prices: { m: { input: 1e6, output: 1e6 } } });
  const controller = new AbortController();
  let pieces = 0;
  const result = await defineAgent({ ...base, provider: breaks(3) }).settle({ x: prompt }, {
    signal: controller.signal,
    onDelta: () => void (++pieces === 3 && setTimeout(() => controller.abort())),
  });
  assertEquals(result.error!.code, "aborted");
  const [attempt] = result.attempts;
  assertEquals([attempt!.usage, attempt!.estimated], [used(10, 6), true]);
  assertEquals([result.usage, result.error!.usage, result.cost!.total], [
    used(10, 6),
    used(10, 6),
    16,
  ]);
});

Deno.test("estimated: break, a stall and a broken connection count, too", async () => {
  const spent = await scope({}, async (scope) => {
    for await (const _ of defineAgent({ ...base, provider: breaks(2) }).stream({ x: prompt })) {
      break;
    }
    return scope.usage;
  });
  // One piece was taken, and the next one may be on its way.
  assert(spent.inputTokens === 10 && spent.outputTokens >= 2, JSON.stringify(spent));

  using time = fakeTime();
  const onDelta = () => {};
  const stalled = defineAgent({ ...base, provider: breaks(1) }).settle({ x: prompt }, {
    onDelta,
    timeout: { idle: 50 },
  });
  await time.tick(50);
  assertEquals([(await stalled).error!.code, (await stalled).usage], ["timeout", used(10, 2)]);
  const broken = defineAgent({ ...base, provider: breaks(1, busy()) });
  assertEquals((await broken.settle({ x: prompt }, { onDelta })).usage, used(10, 2));
});

Deno.test("estimated: not where the provider says it, nor where nothing has come", async () => {
  const onDelta = () => {};
  const says = breaks(1, busy({ usage: used(7, 7) }));
  const told = await defineAgent({ ...base, provider: says }).settle({ x: prompt }, { onDelta });
  assertEquals([told.usage, "estimated" in told.attempts[0]!], [used(7, 7), false]);
  const nothing = defineAgent({ ...base, provider: breaks(0, busy()) });
  const none = await nothing.settle({ x: prompt }, { onDelta });
  assertEquals([none.attempts[0]!.usage, "estimated" in none.attempts[0]!], [undefined, false]);
  const whole = handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      yield await Promise.resolve({ type: "delta", text: "12345678" });
      yield { type: "reply", reply: reply("12345678") };
    },
  });
  const good = await defineAgent({ ...base, provider: whole }).settle({ x: prompt }, { onDelta });
  assertEquals([good.ok, good.attempts[0]!.usage], [true, undefined]);
});

Deno.test("estimated: a budget counts it, and nothing is learned from it", async () => {
  let n = 0;
  const provider = handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      yield await Promise.resolve({ type: "delta", text: "12345678" });
      if (n++ === 0) throw busy();
      yield { type: "reply", reply: reply("12345678", { usage: used(10, 2) }) };
    },
  });
  // The first attempt was thought to be 210 tokens, and was about 12: so there is room for another
  // one.
  const A = defineAgent({ ...base, provider, retries: { max: 1, base: 0 } });
  const onDelta = () => {};
  await scope({ budget: { tokens: 230 } }, async () => {
    assertEquals((await A.settle({ x: prompt }, { onDelta })).error!.code, "rate_limited");
    assertEquals((await A.settle({ x: prompt }, { onDelta })).ok, true);
  });
});

Deno.test("estimated: how long answers are is not learned from one that was broken off", async () => {
  const onDelta = () => {};
  const A = defineAgent({ ...base, provider: breaks(1, busy()) });
  await A.settle({ x: prompt }, { onDelta });
  // It is still thought to be 200 tokens, for which there is no room.
  const next = await A.settle({ x: prompt }, { onDelta, budget: { tokens: 100 } });
  assertEquals([next.error!.code, next.attempts.length], ["budget", 0]);
});
