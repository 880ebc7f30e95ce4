import type { RateReport, RateState } from "@shoal/agents";
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  type SentMark,
  ServerRateLimit,
  ServerRateLimits,
} from "../../src/limits/server_rate_limit.ts";
import { print } from "../print.ts";

/** Creates a limit with the report of a first request, sent just now. */
function reported(state: RateState, now = 0): ServerRateLimit {
  const rate = new ServerRateLimit();
  rate.take(1, now);
  rate.markSent(1);
  rate.update(state, now, rate.sent, now);
  return rate;
}

/** Returns the wait for an amount when nothing is left: 1 % of the limit is never used. */
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
  assertAlmostEquals(waited, ms, 1e-6 * Math.max(1, ms), print(what));
}

/** Returns the mark of an attempt that is sent now. */
function mark({ requests, tokens }: ServerRateLimits, at: number): SentMark {
  return { at, requests: requests.sent, tokens: tokens.sent };
}

Deno.test("server rate limit: everything passes until the server reports it", () => {
  const rate = new ServerRateLimit();
  for (let n = 0; n < 1_000; n++) rate.take(1_000, n);
  assertEquals([rate.known, rate.waitFor(1e9, 1_000)], [false, 0]);
});

Deno.test("server rate limit: sends what remains at once, then at the refill rate", () => {
  const rate = reported({ limit: 600, remaining: 100, resetMs: 50_000 });
  assert(rate.known);
  // 1 % of the limit is never used.
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

Deno.test("server rate limit: larger amounts than the limit pass when it is full", () => {
  const rate = reported({ limit: 60, remaining: 59, resetMs: 1_000 });
  assertEquals(rate.waitFor(60, 3_600_000), 0);
  rate.take(60, 3_600_000);
  assert(rate.waitFor(1, 3_600_000) > 0);
  const full = rate.waitFor(60, 3_600_000);
  assertEquals(rate.waitFor(1_000_000, 3_600_000), full);
});

Deno.test("server rate limit: derives the refill from resetMs, or assumes a minute", () => {
  const table: [state: RateState, perMs: number][] = [
    [{ limit: 600, remaining: 0, resetMs: 60_000 }, 0.01],
    [{ limit: 100, remaining: 0, resetMs: 1_000 }, 0.1],
    [{ limit: 200, remaining: 0, resetMs: 86_400_000 }, 200 / 86_400_000],
    [{ limit: 600, remaining: 0 }, 0.01],
    [{ limit: 600, remaining: 0, resetMs: 0 }, 0.01],
    // Too little is used: the refill may be faster than a minute, but not slower.
    [{ limit: 5, remaining: 0, resetMs: 100 }, 0.05],
    [{ limit: 5, remaining: 0, resetMs: 86_400_000 }, 5 / 60_000],
  ];
  for (const [state, perMs] of table) {
    assertWait(reported(state), 1, 0, waits(1, state.limit, perMs), state);
  }
});

Deno.test("server rate limit: refills within the period that the server reports", () => {
  const table: [state: RateState, perMs: number][] = [
    [{ limit: 2, remaining: 1, periodMs: 10_000 }, 2 / 10_000],
    [{ limit: 10, remaining: 0, periodMs: 1_000 }, 0.01],
    [{ limit: 60, remaining: 42, resetMs: 30_000, periodMs: 60_000 }, 0.001],
    [{ limit: 600, remaining: 0, resetMs: 3_600_000, periodMs: 60_000 }, 0.01],
    // A period that cannot be is ignored.
    [{ limit: 600, remaining: 0, periodMs: 0 }, 0.01],
    [{ limit: 600, remaining: 0, periodMs: NaN }, 0.01],
    [{ limit: 600, remaining: 0, periodMs: -1 }, 0.01],
    [{ limit: 600, remaining: 0, periodMs: Infinity }, 0.01],
  ];
  for (const [state, perMs] of table) {
    const rate = reported(state);
    const missing = 1 + 0.01 * state.limit - state.remaining;
    assertWait(rate, 1, 0, Math.max(0, missing / perMs), state);
  }
});

Deno.test("server rate limit: keeps a known refill rate until another is reported", () => {
  const rate = reported({ limit: 100, remaining: 0, resetMs: 1_000 });
  rate.update({ limit: 100, remaining: 100, resetMs: 0 }, 0, 1, 0);
  rate.take(100, 0);
  assertWait(rate, 1, 0, waits(1, 100, 0.1));
  rate.update({ limit: 600, remaining: 0, resetMs: 60_000 }, 0, rate.sent + 100, 0);
  assertWait(rate, 1, 0, waits(1, 600, 0.01));
});

Deno.test("server rate limit: accounts for what was sent since the request", () => {
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
  // What was taken and not sent yet counts, too.
  rate.take(5, 900);
  // Sent at 0, answered after 1,000 ms: 10 have flowed in, and 35 more were taken.
  rate.update({ limit: 600, remaining: 40, resetMs: 56_000 }, 0, sentThen, 1_000);
  assertEquals(rate.waitFor(15 - 6, 1_000), 0);
  assertWait(rate, 16 - 6, 1_000, 100);
  // What was never sent is refunded.
  rate.refund(5, 1_000);
  assertEquals(rate.waitFor(20 - 6, 1_000), 0);
  assert(rate.waitFor(21 - 6, 1_000) > 0);
});

Deno.test("server rate limit: ignores corrections: the next answer reports the usage", () => {
  const rate = reported({ limit: 600, remaining: 0, resetMs: 60_000 });
  rate.correct();
  assertWait(rate, 1, 0, waits(1, 600, 0.01));
});

Deno.test("server rate limit: ends without a report, and returns with one", () => {
  const rate = reported({ limit: 600, remaining: 0, resetMs: 60_000 });
  rate.update(undefined, 0, 1, 10);
  assertEquals([rate.known, rate.waitFor(1e6, 10)], [false, 0]);
  for (let n = 0; n < 5_000; n++) rate.take(1, 10);
  assertEquals(rate.waitFor(1, 10), 0);
  rate.markSent(5_000);
  rate.update({ limit: 600, remaining: 0, resetMs: 60_000 }, 20, rate.sent, 20);
  assertWait(rate, 1, 20, waits(1, 600, 0.01));
});

Deno.test("server rate limit: ignores invalid reports", () => {
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
    const rate = reported(state as RateState);
    assertEquals([rate.known, rate.waitFor(1e6, 0)], [false, 0], print(state));
    // It does not affect later reports.
    rate.update({ limit: 600, remaining: 0, resetMs: NaN }, 0, 1, 0);
    assertWait(rate, 1, 0, waits(1, 600, 0.01), state);
  }
  // Below 0, and above the limit.
  const below = reported({ limit: 600, remaining: -6, resetMs: 60_600 });
  assertWait(below, 1, 0, waits(7, 600, 0.01));
  assert(reported({ limit: 60, remaining: 1_000, resetMs: 1 }).waitFor(60, 0) === 0);
});

Deno.test("server rate limit: the report of the latest request wins", () => {
  const limits = new ServerRateLimits();
  const marks = [0, 1, 2].map((now) => {
    limits.requests.take(1, now);
    limits.requests.markSent(1);
    limits.tokens.take(100, now);
    limits.tokens.markSent(100);
    return mark(limits, now);
  });
  const report = (remaining: number): RateReport => ({
    requests: { limit: 600, remaining, resetMs: (600 - remaining) * 100 },
    tokens: { limit: 60_000, remaining: remaining * 100, resetMs: (600 - remaining) * 100 },
  });
  limits.update(report(10), marks[1]!, 50);
  const [requests, tokens] = [limits.requests.waitFor(3, 50), limits.tokens.waitFor(300, 50)];
  assertEquals([requests, tokens], [0, 0]);
  // The answer to the first request comes later, and so does one without a report.
  limits.update(report(500), marks[0]!, 60);
  limits.update(undefined, marks[0]!, 60);
  assert(limits.requests.known && limits.requests.waitFor(100, 60) > 0);
  assert(limits.tokens.known && limits.tokens.waitFor(10_000, 60) > 0);
  limits.update(report(300), marks[2]!, 70);
  assertEquals([limits.requests.waitFor(290, 70), limits.tokens.waitFor(29_000, 70)], [0, 0]);
  // Each limit is separate: this server no longer reports tokens.
  limits.update({ requests: report(5).requests }, marks[2]!, 80);
  assertEquals([limits.requests.known, limits.tokens.known], [true, false]);
});

/** The exact bucket of the server. */
class Bucket {
  #level: number;
  #at = 0;
  rejected = 0;
  accepted = 0;

  constructor(readonly limit: number, readonly perMs: number) {
    this.#level = limit;
  }

  /** Takes an amount, and returns the state, rounded as servers do. */
  arrive(amount: number, now: number): RateState {
    this.#level = Math.min(this.limit, this.#level + (now - this.#at) * this.perMs);
    this.#at = now;
    if (this.#level + 1e-6 < amount) this.rejected += amount;
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
  /** The time to refill an empty bucket. */
  fillMs: fc.constantFrom(1_000, 10_000, 60_000, 3_600_000),
  amount: fc.constantFrom(1, 1, 3, 10),
  /** As shares of `fillMs`. */
  latencies: fc.array(fc.double({ min: 0.01, max: 0.4, noNaN: true }), {
    minLength: 1,
    maxLength: 20,
  }),
});

Deno.test("server rate limit: uses nearly all of the rate with few rejections", () => {
  fc.assert(
    fc.property(server, ({ limit, fillMs, amount, latencies }) => {
      const bucket = new Bucket(limit, limit / fillMs);
      const limits = new ServerRateLimits();
      const answers: { at: number; report: RateReport; mark: SentMark }[] = [];
      const steps = 3_000;
      const end = 3 * fillMs;
      let [n, known] = [0, 0];
      const send = (now: number) => {
        limits.requests.take(amount, now);
        limits.requests.markSent(amount);
        const sent = mark(limits, now);
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
            limits.update(report, mark, now);
          }
        }
        if (!limits.requests.known) continue;
        known ||= now;
        while (limits.requests.waitFor(amount, now) === 0) send(now);
      }
      // Rejected amounts took nothing, unlike the estimate assumes.
      const all = bucket.accepted + bucket.rejected;
      assert(bucket.rejected <= Math.max(4 * amount, 0.03 * all), `${bucket.rejected} of ${all}`);
      const could = limit + (end - known) * limit / fillMs;
      assert(
        bucket.accepted >= 0.97 * could - 0.02 * limit - 2 * amount,
        `${bucket.accepted} of ${could}`,
      );
    }),
    { numRuns: 60 },
  );
});
