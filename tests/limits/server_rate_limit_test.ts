import type { RateReport, RateState } from "@shoal/agents";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type SentMark,
  ServerRateLimit,
  ServerRateLimits,
} from "../../src/limits/server_rate_limit.ts";

/** One that has been told where the limit stood when the first request came in, just now. */
function told(state: RateState, now = 0): ServerRateLimit {
  const rate = new ServerRateLimit();
  rate.take(1, now);
  rate.markSent(1);
  rate.update(state, now, rate.sent, now);
  return rate;
}

/** How long one that may take nothing more waits for so many: a hundredth of the limit is left untouched. */
function waits(amount: number, limit: number, perMs: number): number {
  return (amount + 0.01 * limit) / perMs;
}

function assertWait(
  rate: ServerRateLimit,
  amount: number,
  now: number,
  ms: number,
  what?: unknown,
) {
  const waited = rate.waitFor(amount, now);
  assertAlmostEquals(waited, ms, 1e-6 * Math.max(1, ms), Deno.inspect(what));
}

/** What is kept of an attempt that goes out now. */
function mark({ requests, tokens }: ServerRateLimits, at: number): SentMark {
  return { at, requests: requests.sent, tokens: tokens.sent };
}

Deno.test("learned: until the server tells of a limit, everything may pass", () => {
  const rate = new ServerRateLimit();
  for (let n = 0; n < 1_000; n++) rate.take(1_000, n);
  assertEquals([rate.known, rate.waitFor(1e9, 1_000)], [false, 0]);
});

Deno.test("learned: what is left may go out at once, and the rest as it flows", () => {
  const rate = told({ limit: 600, remaining: 100, resetMs: 50_000 });
  assert(rate.known);
  // A hundredth of the limit is left untouched.
  for (let n = 0; n < 94; n++) {
    assertEquals(rate.waitFor(1, 0), 0);
    rate.take(1, 0);
  }
  // 500 in 50 seconds.
  assertWait(rate, 1, 0, 100);
  assertWait(rate, 1, 40, 60);
  assertWait(rate, 5, 100, 400);
  assertEquals(rate.waitFor(1, 101), 0);
});

Deno.test("learned: it never holds more than the limit, and what asks for more goes when it is full", () => {
  const rate = told({ limit: 60, remaining: 59, resetMs: 1_000 });
  assertEquals(rate.waitFor(60, 3_600_000), 0);
  rate.take(60, 3_600_000);
  assert(rate.waitFor(1, 3_600_000) > 0);
  const full = rate.waitFor(60, 3_600_000);
  assertEquals(rate.waitFor(1_000_000, 3_600_000), full);
});

Deno.test("learned: how fast it flows is told by the time until it is whole, if enough is used; else it is a minute", () => {
  const table: [state: RateState, perMs: number][] = [
    [{ limit: 600, remaining: 0, resetMs: 60_000 }, 0.01],
    [{ limit: 100, remaining: 0, resetMs: 1_000 }, 0.1],
    [{ limit: 200, remaining: 0, resetMs: 86_400_000 }, 200 / 86_400_000],
    [{ limit: 600, remaining: 0 }, 0.01],
    [{ limit: 600, remaining: 0, resetMs: 0 }, 0.01],
    // Too little is used to tell: it may be faster than a minute, but not slower.
    [{ limit: 5, remaining: 0, resetMs: 100 }, 0.05],
    [{ limit: 5, remaining: 0, resetMs: 86_400_000 }, 5 / 60_000],
  ];
  for (const [state, perMs] of table) {
    assertWait(told(state), 1, 0, waits(1, state.limit, perMs), state);
  }
});

Deno.test("learned: a rate that is known stays so when little is used, and another one is taken over", () => {
  const rate = told({ limit: 100, remaining: 0, resetMs: 1_000 });
  rate.update({ limit: 100, remaining: 100, resetMs: 0 }, 0, 1, 0);
  rate.take(100, 0);
  assertWait(rate, 1, 0, waits(1, 100, 0.1));
  rate.update({ limit: 600, remaining: 0, resetMs: 60_000 }, 0, rate.sent + 100, 0);
  assertWait(rate, 1, 0, waits(1, 600, 0.01));
});

Deno.test("learned: an old answer is read with what has gone out and flowed in since its request", () => {
  const rate = new ServerRateLimit();
  const take = (n: number, now: number) => {
    for (let i = 0; i < n; i++) {
      rate.take(1, now);
      rate.markSent(1);
    }
  };
  take(10, 0);
  const sentThen = rate.sent;
  take(30, 500);
  // What has been taken and has not gone out yet counts, too.
  rate.take(5, 900);
  // It was sent at 0, and its answer comes after 1,000 ms: 10 have flowed in, 35 more were taken.
  rate.update({ limit: 600, remaining: 40, resetMs: 56_000 }, 0, sentThen, 1_000);
  assertEquals(rate.waitFor(15 - 6, 1_000), 0);
  assertWait(rate, 16 - 6, 1_000, 100);
  // And what did not go out in the end is given back.
  rate.refund(5, 1_000);
  assertEquals(rate.waitFor(20 - 6, 1_000), 0);
  assert(rate.waitFor(21 - 6, 1_000) > 0);
});

Deno.test("learned: how much was used is told by the next answer, not by ourselves", () => {
  const rate = told({ limit: 600, remaining: 0, resetMs: 60_000 });
  rate.correct();
  assertWait(rate, 1, 0, waits(1, 600, 0.01));
});

Deno.test("learned: a server that says nothing any more is not limited any more, until it does again", () => {
  const rate = told({ limit: 600, remaining: 0, resetMs: 60_000 });
  rate.update(undefined, 0, 1, 10);
  assertEquals([rate.known, rate.waitFor(1e6, 10)], [false, 0]);
  for (let n = 0; n < 5_000; n++) rate.take(1, 10);
  assertEquals(rate.waitFor(1, 10), 0);
  rate.markSent(5_000);
  rate.update({ limit: 600, remaining: 0, resetMs: 60_000 }, 20, rate.sent, 20);
  assertWait(rate, 1, 20, waits(1, 600, 0.01));
});

Deno.test("learned: what makes no sense says nothing", () => {
  const nonsense: unknown[] = [
    { limit: NaN, remaining: 1 },
    { limit: 0, remaining: 0 },
    { limit: -1, remaining: 0 },
    { limit: Infinity, remaining: 10, resetMs: 1 },
    { limit: 10, remaining: NaN, resetMs: 1 },
    { limit: 10, remaining: undefined },
    { remaining: 10 },
    {},
    null,
  ];
  for (const state of nonsense) {
    const rate = told(state as RateState);
    assertEquals([rate.known, rate.waitFor(1e6, 0)], [false, 0], Deno.inspect(state));
    // And does no harm to what comes later.
    rate.update({ limit: 600, remaining: 0, resetMs: NaN }, 0, 1, 0);
    assertWait(rate, 1, 0, waits(1, 600, 0.01), state);
  }
  // Below nothing, and above the limit.
  const below = told({ limit: 600, remaining: -6, resetMs: 60_600 });
  assertWait(below, 1, 0, waits(7, 600, 0.01));
  assert(told({ limit: 60, remaining: 1_000, resetMs: 1 }).waitFor(60, 0) === 0);
});

Deno.test("learned: answers overtake each other, and the latest request knows most", () => {
  const learned = new ServerRateLimits();
  const marks = [0, 1, 2].map((now) => {
    learned.requests.take(1, now);
    learned.requests.markSent(1);
    learned.tokens.take(100, now);
    learned.tokens.markSent(100);
    return mark(learned, now);
  });
  const report = (remaining: number): RateReport => ({
    requests: { limit: 600, remaining, resetMs: (600 - remaining) * 100 },
    tokens: { limit: 60_000, remaining: remaining * 100, resetMs: (600 - remaining) * 100 },
  });
  learned.update(report(10), marks[1]!, 50);
  const [requests, tokens] = [learned.requests.waitFor(3, 50), learned.tokens.waitFor(300, 50)];
  assertEquals([requests, tokens], [0, 0]);
  // The first one comes later, and so does one that says nothing.
  learned.update(report(500), marks[0]!, 60);
  learned.update(undefined, marks[0]!, 60);
  assert(learned.requests.known && learned.requests.waitFor(100, 60) > 0);
  assert(learned.tokens.known && learned.tokens.waitFor(10_000, 60) > 0);
  learned.update(report(300), marks[2]!, 70);
  assertEquals([learned.requests.waitFor(290, 70), learned.tokens.waitFor(29_000, 70)], [0, 0]);
  // Each limit by itself: this server says nothing of tokens any more.
  learned.update({ requests: report(5).requests }, marks[2]!, 80);
  assertEquals([learned.requests.known, learned.tokens.known], [true, false]);
});

/** The server's own bucket, exact. */
class Bucket {
  #level: number;
  #at = 0;
  refused = 0;
  accepted = 0;

  constructor(readonly limit: number, readonly perMs: number) {
    this.#level = limit;
  }

  /** Takes so much, and says how it stands, rounded as servers do. */
  arrive(amount: number, now: number): RateState {
    this.#level = Math.min(this.limit, this.#level + (now - this.#at) * this.perMs);
    this.#at = now;
    if (this.#level + 1e-6 < amount) this.refused += amount;
    else {
      this.#level -= amount;
      this.accepted += amount;
    }
    const remaining = Math.max(0, Math.floor(this.#level));
    const resetMs = Math.ceil((this.limit - this.#level) / this.perMs);
    return { limit: this.limit, remaining, resetMs };
  }
}

const server = fc.record({
  limit: fc.integer({ min: 30, max: 5_000 }),
  /** The time in which an empty one is full. */
  fillMs: fc.constantFrom(1_000, 10_000, 60_000, 3_600_000),
  amount: fc.constantFrom(1, 1, 3, 10),
  /** As shares of that. */
  latencies: fc.array(fc.double({ min: 0.01, max: 0.4, noNaN: true }), {
    minLength: 1,
    maxLength: 20,
  }),
});

Deno.test("learned: after the first answer nothing is refused for long, and nearly all of the rate is used", () => {
  fc.assert(
    fc.property(server, ({ limit, fillMs, amount, latencies }) => {
      const bucket = new Bucket(limit, limit / fillMs);
      const learned = new ServerRateLimits();
      const answers: { at: number; report: RateReport; mark: SentMark }[] = [];
      const steps = 3_000;
      const end = 3 * fillMs;
      let [n, known] = [0, 0];
      const send = (now: number) => {
        learned.requests.take(amount, now);
        learned.requests.markSent(amount);
        const sent = mark(learned, now);
        const report = { requests: bucket.arrive(amount, now) };
        const latency = Math.min(4_000, fillMs * latencies[n++ % latencies.length]!);
        answers.push({ at: now + latency, report, mark: sent });
      };
      send(0);
      for (let now = 0; now < end; now += end / steps) {
        for (let i = 0; i < answers.length;) {
          if (answers[i]!.at > now) i++;
          else {
            const [{ report, mark }] = answers.splice(i, 1) as [typeof answers[number]];
            learned.update(report, mark, now);
          }
        }
        if (!learned.requests.known) continue;
        known ||= now;
        while (learned.requests.waitFor(amount, now) === 0) send(now);
      }
      // What was refused took nothing, other than was thought.
      const all = bucket.accepted + bucket.refused;
      assert(bucket.refused <= Math.max(4 * amount, 0.03 * all), `${bucket.refused} of ${all}`);
      const could = limit + (end - known) * limit / fillMs;
      assert(
        bucket.accepted >= 0.97 * could - 0.02 * limit - 2 * amount,
        `${bucket.accepted} of ${could}`,
      );
    }),
    { numRuns: 60 },
  );
});
