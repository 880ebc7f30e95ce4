import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Learned, LearnedRate } from "../../src/limits/learned.ts";

/** A rate that has heard, at the time 0, of such a limit with so much of it left. */
function told(limit: number, remaining: number, resetMs?: number): LearnedRate {
  const rate = new LearnedRate();
  rate.hear({ limit, remaining, resetMs }, 0, 0, 0);
  return rate;
}

Deno.test("learned: what the server has not told of lets everything pass", () => {
  const rate = new LearnedRate();
  rate.take(1e9, 0);
  assertEquals([rate.known, rate.waitFor(1e9, 0)], [false, 0]);
});

Deno.test("learned: what is left may go at once, and then as much as flows in", () => {
  const rate = told(6_000, 3_000, 30_000);
  assertEquals(rate.waitFor(2_900, 0), 0);
  rate.take(2_900, 0);
  // 100 in each second. A hundredth of the limit is left untouched.
  assertAlmostEquals(rate.waitFor(100, 0), 600, 1);
  assertEquals(rate.waitFor(100, 601), 0);
  // It never holds more than the limit.
  assertEquals(rate.waitFor(6_000, 1e9), 0);
});

Deno.test("learned: how fast it flows is told by the time until it is full", () => {
  const cases: [limit: number, remaining: number, resetMs: number | undefined, perMs: number][] = [
    [200, 100, 43_200_000, 100 / 43_200_000], // a day
    [200, 199, 432_000, 200 / 60_000], // too little is used to tell, and no limit is for longer than it must be
    [100, 95, 50, 0.1], // a second
    [600, 0, undefined, 0.01],
    [600, 600, 0, 0.01],
  ];
  for (const [limit, remaining, resetMs, perMs] of cases) {
    const rate = told(limit, remaining, resetMs);
    rate.take(remaining, 0);
    const missing = 1 + 0.01 * limit;
    assertAlmostEquals(rate.waitFor(1, 0), missing / perMs, missing / perMs / 1e6);
  }
});

Deno.test("learned: an answer tells of when its request went out: what was taken since then is taken off", () => {
  const rate = told(600, 600);
  rate.take(1, 0);
  rate.send(1);
  const sentThen = rate.sent;
  for (let n = 0; n < 50; n++) rate.take(1, 100);
  for (let n = 0; n < 50; n++) rate.send(1);
  // Sent at 0, heard at 1,000: 500 were left then, 10 have flowed in, 50 were taken.
  rate.hear({ limit: 600, remaining: 500, resetMs: 10_000 }, 0, sentThen, 1_000);
  assertEquals(rate.waitFor(460 - 6, 1_000), 0);
  assert(rate.waitFor(460 - 6 + 1, 1_000) > 0);
});

Deno.test("learned: what was taken and did not go out is given back", () => {
  const rate = told(100, 100);
  rate.take(90, 0);
  rate.giveBack(90, 0);
  assertEquals(rate.waitFor(99, 0), 0);
  rate.hear({ limit: 100, remaining: 100, resetMs: 0 }, 0, 0, 0);
  assertEquals(rate.waitFor(99, 0), 0);
});

Deno.test("learned: answers that overtake each other do not matter, nor one that says nonsense", () => {
  const learned = new Learned();
  const marks = [0, 1].map((at) => {
    learned.requests.take(1, at);
    learned.requests.send(1);
    return learned.mark(at);
  });
  learned.hear({ requests: { limit: 10, remaining: 0 } }, marks[1]!, 2);
  learned.hear({ requests: { limit: 10, remaining: 9 } }, marks[0]!, 3);
  assert(learned.requests.waitFor(1, 3) > 5_000);
  for (const limit of [NaN, -1, 0, Infinity]) {
    learned.hear({ requests: { limit, remaining: 0 } }, marks[1]!, 4);
    assertEquals([learned.requests.known, learned.requests.waitFor(1, 4)], [false, 0]);
  }
});

Deno.test("learned: a server that tells no more limits no more", () => {
  const learned = new Learned();
  learned.tokens.take(5, 0);
  learned.tokens.send(5);
  learned.hear({ tokens: { limit: 10, remaining: 0 } }, learned.mark(0), 0);
  assert(learned.tokens.waitFor(5, 0) > 0);
  learned.hear(undefined, learned.mark(1), 1);
  assertEquals(learned.tokens.waitFor(5, 1), 0);
});
