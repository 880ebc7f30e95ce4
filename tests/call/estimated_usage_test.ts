/** Tests of the estimated usage of a streamed answer that was cut off. */
import { defineAgent, type ModelChunk, scope } from "@shoal/agents";
import { assert, assertEquals } from "@std/assert";
import { busy, configured, fakeTime, handmade, never, reply, used } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}", retries: 0 };
const prompt = "x".repeat(40); // 10 tokens

/** Creates a provider that streams this many deltas of 8 characters, and then hangs or fails. */
function brokenStream(pieces: number, end?: Error) {
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

Deno.test("estimated usage: an aborted stream counts its deltas and is marked", async () => {
  using _ = configured({ prices: { m: { input: 1e6, output: 1e6 } } });
  const controller = new AbortController();
  let pieces = 0;
  const result = await defineAgent({ ...base, provider: brokenStream(3) }).settle({ x: prompt }, {
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

Deno.test("estimated usage: covers break, a stalled stream and a broken connection", async () => {
  const spent = await scope({}, async (scope) => {
    for await (
      const _ of defineAgent({ ...base, provider: brokenStream(2) }).stream({ x: prompt })
    ) {
      break;
    }
    return scope.usage;
  });
  // One delta was read, and the next one may have arrived.
  assert(spent.inputTokens === 10 && spent.outputTokens >= 2, JSON.stringify(spent));

  using time = fakeTime();
  const onDelta = () => {};
  const stalled = defineAgent({ ...base, provider: brokenStream(1) }).settle({ x: prompt }, {
    onDelta,
    timeout: { idle: 50 },
  });
  await time.tick(50);
  assertEquals([(await stalled).error!.code, (await stalled).usage], ["timeout", used(10, 2)]);
  const broken = defineAgent({ ...base, provider: brokenStream(1, busy()) });
  assertEquals((await broken.settle({ x: prompt }, { onDelta })).usage, used(10, 2));
});

Deno.test("estimated usage: is unused if usage is reported or nothing arrived", async () => {
  const onDelta = () => {};
  const reporting = brokenStream(1, busy({ usage: used(7, 7) }));
  const reported = await defineAgent({ ...base, provider: reporting }).settle({ x: prompt }, {
    onDelta,
  });
  assertEquals([reported.usage, "estimated" in reported.attempts[0]!], [used(7, 7), false]);
  const nothing = defineAgent({ ...base, provider: brokenStream(0, busy()) });
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

Deno.test("estimated usage: counts against a budget and is not used for estimates", async () => {
  let n = 0;
  const provider = handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      yield await Promise.resolve({ type: "delta", text: "12345678" });
      if (n++ === 0) throw busy();
      yield { type: "reply", reply: reply("12345678", { usage: used(10, 2) }) };
    },
  });
  // The first attempt was estimated at 210 tokens and used about 12, so another one fits.
  const A = defineAgent({ ...base, provider, retries: { max: 1, base: 0 } });
  const onDelta = () => {};
  await scope({ budget: { tokens: 230 } }, async () => {
    assertEquals((await A.settle({ x: prompt }, { onDelta })).error!.code, "rate_limited");
    assertEquals((await A.settle({ x: prompt }, { onDelta })).ok, true);
  });
});

Deno.test("estimated usage: a stream that was cut off does not change estimates", async () => {
  const onDelta = () => {};
  const A = defineAgent({ ...base, provider: brokenStream(1, busy()) });
  await A.settle({ x: prompt }, { onDelta });
  // The estimate is still 200 tokens, which do not fit.
  const next = await A.settle({ x: prompt }, { onDelta, budget: { tokens: 100 } });
  assertEquals([next.error!.code, next.attempts.length], ["budget", 0]);
});
