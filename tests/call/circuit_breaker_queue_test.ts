import { defineAgent, ProviderError, scope } from "@shoal/agents";
import { assertEquals } from "@std/assert";
import { fakeTime, handmade, reply } from "../helpers.ts";

const circuitBreaker = { failures: 2, within: 1_000, cooldown: 10_000 };
const base = { name: "a", model: "m", prompt: "x", retries: 0, circuitBreaker };
const failing = () => new ProviderError("down", { code: "provider", status: 503, retryable: true });

/** Creates a provider whose answers wait until they are released. */
function controlled() {
  const waiting: PromiseWithResolvers<ReturnType<typeof reply>>[] = [];
  const provider = handmade({
    generate() {
      const deferred = Promise.withResolvers<ReturnType<typeof reply>>();
      waiting.push(deferred);
      return deferred.promise;
    },
  });
  const answer = (text?: string) => {
    for (const { resolve, reject } of waiting.splice(0)) {
      if (text === undefined) reject(failing());
      else resolve(reply(text));
    }
  };
  return { provider, waiting, answer };
}

Deno.test("breaker: who waited for a permit while it opened is not sent either", async () => {
  using time = fakeTime();
  const { provider, waiting, answer } = controlled();
  const A = defineAgent({ ...base, provider });
  const all = scope(
    { concurrency: 2 },
    () => Promise.all(Array.from({ length: 20 }, () => A.settle({}))),
  );
  await time.tick(0);
  assertEquals(waiting.length, 2);
  answer();
  const results = await all;
  assertEquals(results.filter(({ error }) => error?.code === "circuit_open").length, 18);
  assertEquals(results.filter(({ attempts }) => attempts.length === 1).length, 2);
  assertEquals(waiting.length, 0);
});

Deno.test("breaker: who waits for a permit takes no probe's place", async () => {
  using time = fakeTime();
  const { provider, waiting, answer } = controlled();
  const A = defineAgent({ ...base, provider });
  const down = [A.settle({}), A.settle({})];
  await time.tick(0);
  answer();
  await Promise.all(down);
  await time.tick(10_000);

  const other = A.with({ model: "n" });
  const inside = scope({ concurrency: 1 }, () => Promise.all([other.settle({}), A.settle({})]));
  await time.tick(0);
  assertEquals(waiting.length, 1);
  const probe = A.settle({});
  await time.tick(0);
  assertEquals(waiting.length, 2, "the probe is on the wire");
  answer("back");
  await time.tick(0);
  answer("ok");
  assertEquals((await probe).content, "back");
  assertEquals((await inside).map(({ content }) => content), ["back", "ok"]);
});
