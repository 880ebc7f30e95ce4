/** Tests that guesses of tokens are slowed down and counted. */
import { assert, assertEquals } from "@std/assert";
import { SignInThrottle } from "../../../src/hono/access/sign_in_throttle.ts";
import { echo, request, TOKEN } from "../helpers.ts";
import { signIn, withDashboard } from "./helpers.ts";

/** A throttle with a clock of its own, which records how long each attempt waits. */
function throttled() {
  let now = 0;
  const waits: number[] = [];
  const throttle = new SignInThrottle({
    now: () => now,
    wait: (ms) => {
      waits.push(ms);
      now += ms;
      return Promise.resolve();
    },
  });
  const guess = (address = "10.0.0.1", isValid = false) =>
    throttle.run(address, () => Promise.resolve(isValid));
  return { throttle, waits, guess, pass: (ms: number) => void (now += ms) };
}

Deno.test("the sixth guess and all later ones wait, twice as long each time", async () => {
  const { throttle, waits, guess } = throttled();
  for (let i = 0; i < 12; i++) assertEquals(await guess(), false);
  assertEquals(waits, [250, 500, 1_000, 2_000, 4_000, 4_000, 4_000]);
  assertEquals([throttle.failures, throttle.rejected], [12, 0]);
});

Deno.test("forty guesses from one address take more than two minutes", async () => {
  const { waits, guess } = throttled();
  for (let i = 0; i < 40; i++) await guess();
  const total = waits.reduce((sum, ms) => sum + ms, 0);
  assert(total > 120_000, `${total} ms`);
});

Deno.test("a valid token is accepted after any number of guesses, and forgets none", async () => {
  const { waits, guess, pass } = throttled();
  for (let i = 0; i < 20; i++) await guess();
  assertEquals(await guess("10.0.0.1", true), true);
  assertEquals(waits.at(-1), 4_000);
  pass(61_000);
  const before = waits.length;
  assertEquals(await guess("10.0.0.1", true), true);
  assertEquals(waits.length, before, "a minute later it does not wait");
});

Deno.test("addresses are slowed down separately, those of an IPv6 network together", async () => {
  const { waits, guess } = throttled();
  for (let i = 0; i < 5; i++) await guess("10.0.0.1");
  await guess("10.0.0.2");
  await guess("::ffff:10.0.0.3");
  assertEquals(waits, []);
  for (let i = 0; i < 6; i++) await guess(`2001:db8:1:2:${i}:1:1:1`);
  assertEquals(waits.length, 1);
});

Deno.test("the memory is bounded: above 1,000 addresses, new ones share a place", async () => {
  const { waits, guess } = throttled();
  for (let i = 0; i < 1_000; i++) await guess(`10.1.${i >> 8}.${i & 255}`);
  assertEquals(waits, []);
  for (let i = 0; i < 7; i++) await guess(`10.2.0.${i}`);
  assert(waits.length > 0, "each of the new addresses had one guess only");
});

Deno.test("many guesses at once are rejected, and all are counted in the metrics", async () => {
  const app = withDashboard([echo().agent], { metrics: { principals: ["token-0"] } });
  const all = await Promise.all(Array.from({ length: 30 }, (_, i) => signIn(app, `guess-${i}`)));
  const statuses = all.map(({ status }) => status);
  for (const response of all) await response.body?.cancel();
  assertEquals(new Set(statuses), new Set([401, 429]));
  const checked = statuses.filter((status) => status === 401).length;
  assertEquals(checked, 5);
  const retry = all.find(({ status }) => status === 429)!.headers.get("retry-after");
  assertEquals(retry, "4");
  assertEquals((await request(app, "/", undefined, { authorization: "Bearer no" })).status, 401);
  const { text } = await request(app, "/metrics");
  const lines = new Set(text.split("\n"));
  for (
    const line of [
      "shoal_sign_in_failures_total 5",
      "shoal_sign_ins_rejected_total 25",
      "shoal_unauthorized_requests_total 1",
    ]
  ) assert(lines.has(line), line);
  assertEquals((await signIn(app, TOKEN)).status, 303, "the right token still signs in");
});
