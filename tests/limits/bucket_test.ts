import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Bucket } from "../../src/limits/bucket.ts";

const MINUTE = 60_000;

/** An amount, and when it was taken. */
type Taken = { at: number; amount: number };

/**
 * Returns the greatest sum in any half-open minute, and the last amount in that minute.
 */
function fullest(taken: readonly Taken[]): { sum: number; last: number } {
  let most = { sum: 0, last: 0 };
  let sum = 0;
  let from = 0;
  for (const { at, amount } of taken) {
    sum += amount;
    while (taken[from]!.at <= at - MINUTE) sum -= taken[from++]!.amount;
    if (sum > most.sum) most = { sum, last: amount };
  }
  return most;
}

/** Rounds up to an eighth of a millisecond, so that the ends of minutes are exact. */
const up = (ms: number): number => Math.ceil(ms * 8) / 8;

const perMinute = fc.oneof(
  fc.integer({ min: 1, max: 20 }),
  fc.integer({ min: 1, max: 1_000 }),
  fc.integer({ min: 1, max: 20_000 }),
);
/** The wait before the next attempt: none, some time, or until the amount is available. */
const pause = fc.oneof(
  fc.constant("until available" as const),
  fc.constant(0),
  fc.integer({ min: 0, max: 800 }).map((n) => n / 8),
  fc.integer({ min: 0, max: 200_000 }),
);

Deno.test("bucket: passes its capacity at once, and then one per refill", () => {
  //       limit per minute, taken at once
  const table: [number, number][] = [
    [1, 1],
    [60, 1],
    [240, 2],
    [2_400, 11],
    [60_000, 251],
  ];
  for (const [limit, atOnce] of table) {
    const bucket = new Bucket(limit, 5);
    let taken = 0;
    while (bucket.waitFor(1, 5) === 0) {
      bucket.take(1, 5);
      taken++;
    }
    assertEquals([limit, taken], [limit, atOnce]);
    const wait = bucket.waitFor(1, 5);
    assert(wait > 0 && wait <= MINUTE / limit * 1.005, `${limit}: ${wait}`);
    assertEquals(bucket.waitFor(1, 5 + wait), 0);
  }
});

Deno.test("bucket: supports less than one a minute, and fractions", () => {
  const half = new Bucket(0.5, 0);
  half.take(1, 0);
  assert(half.waitFor(1, 0) > 1.99 * MINUTE && half.waitFor(1, 0) < 2.01 * MINUTE);
  const taken: Taken[] = [];
  const bucket = new Bucket(3.9, 0);
  for (let at = 0; at < 5 * MINUTE; at += up(Math.max(1, bucket.waitFor(1, at)))) {
    if (bucket.waitFor(1, at) > 0) continue;
    bucket.take(1, at);
    taken.push({ at, amount: 1 });
  }
  assertEquals(fullest(taken).sum, 3);
});

Deno.test("bucket: never passes more than the limit in any minute", () => {
  fc.assert(
    fc.property(perMinute, fc.array(pause, { maxLength: 300, size: "max" }), (limit, pauses) => {
      const bucket = new Bucket(limit, 0);
      const taken: Taken[] = [];
      let now = 0;
      for (const pause of pauses) {
        now += pause === "until available" ? up(bucket.waitFor(1, now)) : pause;
        while (bucket.waitFor(1, now) === 0) {
          bucket.take(1, now);
          taken.push({ at: now, amount: 1 });
        }
      }
      assert(fullest(taken).sum <= limit, `${fullest(taken).sum} of ${limit}`);
    }),
  );
});

Deno.test("bucket: passes the whole limit in the first minute", () => {
  for (const limit of [1, 2, 7, 59, 60, 100, 479, 480, 500, 3_000, 10_000]) {
    const bucket = new Bucket(limit, 0);
    const taken: Taken[] = [];
    for (let now = 0; now < MINUTE; now++) {
      while (bucket.waitFor(1, now) === 0) {
        bucket.take(1, now);
        taken.push({ at: now, amount: 1 });
      }
    }
    assertEquals(taken.length, limit);
  }
});

Deno.test("bucket: passes at least 97 % under load, with timers up to 200 ms late", () => {
  const late = fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3_000 }), late, (limit, late) => {
      const bucket = new Bucket(limit, 0);
      const minutes = 5;
      let taken = 0;
      for (let now = 0, turn = 0; now < minutes * MINUTE; turn++) {
        while (bucket.waitFor(1, now) === 0) {
          bucket.take(1, now);
          taken++;
        }
        now += Math.ceil(bucket.waitFor(1, now)) + late[turn % late.length]!;
      }
      assert(taken >= Math.floor(0.97 * minutes * limit), `${taken} of ${minutes * limit}`);
    }),
    { numRuns: 50 },
  );
});

Deno.test("bucket: only an amount above the capacity may exceed the limit, once", () => {
  const amounts = fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), pause), {
    maxLength: 200,
    size: "max",
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 100, max: 2_000_000 }),
      amounts,
      fc.boolean(),
      (limit, steps, large) => {
        const bucket = new Bucket(limit, 0);
        const taken: Taken[] = [];
        const greatest = large ? 2 * limit : 1 + limit / 240;
        let now = 0;
        for (const [part, pause] of steps) {
          const amount = Math.floor(part * greatest);
          now += pause === "until available" ? up(bucket.waitFor(amount, now)) : pause;
          if (bucket.waitFor(amount, now) > 0) continue;
          bucket.take(amount, now);
          taken.push({ at: now, amount });
        }
        const { sum, last } = fullest(taken);
        assert(sum <= limit || (large && sum - last <= limit), `${sum} of ${limit}`);
      },
    ),
  );
});

Deno.test("bucket: an amount above the capacity passes when full, as a debt", () => {
  const bucket = new Bucket(60_000, 0);
  assertEquals(bucket.waitFor(30_000, 0), 0);
  bucket.take(30_000, 0);
  // Half a minute's worth.
  assertAlmostEquals(bucket.waitFor(1, 0), 29_875, 10);
  assert(bucket.waitFor(30_000, 0) > bucket.waitFor(1, 0));
  assert(Number.isFinite(bucket.waitFor(Number.MAX_SAFE_INTEGER, 0)));
});

Deno.test("bucket: a positive correction refunds up to the capacity", () => {
  const bucket = new Bucket(24_000, 0);
  const atOnce = () => {
    let n = 0;
    for (; bucket.waitFor(1, 0) === 0; n++) bucket.take(1, 0);
    return n;
  };
  bucket.take(101, 0);
  bucket.correct(40, 0);
  assertEquals(atOnce(), 40);
  bucket.correct(1e9, 0);
  assertEquals(atOnce(), 101);
});

Deno.test("bucket: a negative correction takes the amount now", () => {
  for (const looked of [true, false]) {
    const bucket = new Bucket(60_000, 0);
    bucket.take(1, 0);
    if (looked) bucket.waitFor(1, MINUTE);
    bucket.correct(-1_000, MINUTE);
    assertAlmostEquals(bucket.waitFor(1, MINUTE), 750 / 0.99583, 1);
  }
});

Deno.test("bucket: with corrections, an amount only passes within the limit", () => {
  const step = fc.record({
    estimate: fc.integer({ min: 0, max: 51 }),
    used: fc.option(fc.integer({ min: 0, max: 300 })),
    pause,
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200, size: "max" }), (steps) => {
      const limit = 12_000;
      const bucket = new Bucket(limit, 0);
      const events: Taken[] = [];
      let now = 0;
      for (const { estimate, used, pause } of steps) {
        now += pause === "until available" ? up(bucket.waitFor(estimate, now)) : pause;
        if (bucket.waitFor(estimate, now) > 0) continue;
        bucket.take(estimate, now);
        events.push({ at: now, amount: estimate });
        let sum = 0;
        for (const { at, amount } of events) if (at > now - MINUTE) sum += amount;
        assert(sum <= limit, `${sum} of ${limit}`);
        if (used === null) continue;
        bucket.correct(estimate - used, now);
        events.push({ at: now, amount: used - estimate });
      }
    }),
  );
});

Deno.test("bucket: rounding never causes an endless wait", () => {
  fc.assert(
    fc.property(
      fc.double({ min: 1, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      fc.double({ min: 0, max: 1e9, noNaN: true }),
      (limit, now, amount) => {
        const bucket = new Bucket(limit, now);
        bucket.take(1, now);
        bucket.take(amount, now);
        for (let turn = 0; turn < 5; turn++) now += Math.ceil(bucket.waitFor(amount, now));
        assertEquals(bucket.waitFor(amount, now), 0);
      },
    ),
  );
});
