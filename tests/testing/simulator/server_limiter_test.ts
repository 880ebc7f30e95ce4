import { assert, assertEquals, assertMatch } from "@std/assert";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { chat, until, user } from "./client.ts";

async function headersOf(answer: Promise<Response>): Promise<Headers & { status: number }> {
  const response = await answer;
  await response.body?.cancel();
  return Object.assign(response.headers, { status: response.status });
}

Deno.test("requests per minute: a burst, and then 429 with a retry delay", async () => {
  await using sim = simulator({ limits: { requestsPerMinute: 3 } });
  for (const left of ["2", "1", "0"]) {
    const headers = await headersOf(chat(sim));
    assertEquals(headers.status, 200);
    assertEquals(headers.get("x-ratelimit-limit-requests"), "3");
    assertEquals(headers.get("x-ratelimit-remaining-requests"), left);
    assertMatch(headers.get("x-ratelimit-reset-requests")!, /^(?:\d+m)?\d+(?:\.\d+)?s$/);
    assertEquals(headers.get("x-ratelimit-limit-tokens"), null);
  }
  const response = await chat(sim);
  assertEquals(response.status, 429);
  const { error } = await response.json();
  assertEquals([error.type, error.code], ["requests", "rate_limit_exceeded"]);
  assertMatch(error.message, /Limit 3, .*try again in/);
  const ms = Number(response.headers.get("retry-after-ms"));
  assert(ms > 15_000 && ms <= 20_000, `${ms} ms until a third of the minute is over`);
  assertEquals(response.headers.get("retry-after"), String(Math.ceil(ms / 1000)));
  assertEquals(sim.stats.faults, {});
});

Deno.test("the bucket refills over time", async () => {
  await using sim = simulator({ limits: { requestsPerMinute: 300 } });
  let headers = await headersOf(chat(sim));
  while (headers.status === 200) headers = await headersOf(chat(sim));
  assertEquals(headers.status, 429);
  const ms = Number(headers.get("retry-after-ms"));
  assert(ms > 0 && ms <= 200, `${ms} ms for one request of 300 a minute`);
  await new Promise((resolve) => setTimeout(resolve, ms + 10));
  assertEquals((await headersOf(chat(sim))).status, 200);
});

Deno.test("tokens per minute count the prompt and the answer", async () => {
  await using sim = simulator({ limits: { tokensPerMinute: 100 }, respond: () => "y".repeat(80) });
  const first = await headersOf(chat(sim, { messages: user("x".repeat(40)) }));
  assertEquals(first.get("x-ratelimit-limit-tokens"), "100");
  assertEquals(first.get("x-ratelimit-remaining-tokens"), "70");
  assertMatch(first.get("x-ratelimit-reset-tokens")!, /^1[78](?:\.\d+)?s$/);
  const response = await chat(sim, { messages: user("x".repeat(300)) });
  assertEquals(response.status, 429);
  assertEquals((await response.json()).error.type, "tokens");
  const large = await chat(sim, { messages: user("x".repeat(500)) });
  assertEquals([large.status, large.headers.get("retry-after")], [429, null]);
  assertMatch((await large.json()).error.message, /too large/);
});

Deno.test("reset times have OpenAI's format", async () => {
  await using sim = simulator({ limits: { tokensPerMinute: 600_000, requestsPerMinute: 0.1 } });
  sim.configure({ limits: { requestsPerMinute: 1 } });
  // A busy machine may take a moment between the two.
  assertMatch(
    (await headersOf(chat(sim))).get("x-ratelimit-reset-requests")!,
    /^(?:1m0s|59(?:\.\d+)?s)$/,
  );
  sim.configure({ limits: { requestsPerMinute: 600 } });
  assertMatch((await headersOf(chat(sim))).get("x-ratelimit-reset-requests")!, /^\d+ms$/);
  sim.configure({ limits: { requestsPerMinute: 40 } });
  assertMatch((await headersOf(chat(sim))).get("x-ratelimit-reset-requests")!, /^1\.\d+s$|^1\.5s$/);
});

Deno.test("concurrency: requests beyond it get a 429", async () => {
  await using sim = simulator({ limits: { concurrency: 2 }, latency: 300 });
  const answers = [chat(sim), chat(sim)].map(headersOf);
  await until(() => sim.stats.inFlight === 2);
  const third = await headersOf(chat(sim));
  assertEquals(third.status, 429);
  assert(Number(third.get("retry-after-ms")) > 0);
  assertEquals((await Promise.all(answers)).map((headers) => headers.status), [200, 200]);
  assertEquals((await headersOf(chat(sim))).status, 200);
});

Deno.test("a rejected request reaches neither the script nor respond", async () => {
  let answered = 0;
  await using sim = simulator({
    limits: { requestsPerMinute: 1 },
    script: ["ok", "500"],
    respond: () => `${++answered}`,
  });
  assertEquals((await headersOf(chat(sim))).status, 200);
  assertEquals((await headersOf(chat(sim))).status, 429);
  assertEquals(answered, 1);
  sim.configure({ limits: undefined });
  assertEquals((await headersOf(chat(sim))).status, 500);
});
