import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  backoffDelay,
  beforeFallback,
  DEFAULT_RETRIES,
  rateLimitedPolicy,
  type RetryOptions,
  retryPolicy,
} from "../../src/resilience/backoff.ts";

const delays = (options: RetryOptions, random = 0) =>
  [1, 2, 3, 4, 5].map((attempt) => backoffDelay(attempt, retryPolicy(options), random));

Deno.test("backoffDelay: grows as each strategy says", () => {
  const cases: [options: RetryOptions, random: number, waits: number[]][] = [
    [{}, 0, [400, 800, 1600, 3000, 3000]],
    [{}, 1, [200, 400, 800, 1500, 1500]],
    [{ jitter: 0 }, 1, [400, 800, 1600, 3000, 3000]],
    [{ jitter: 1 }, 1, [0, 0, 0, 0, 0]],
    [{ jitter: 1 }, 0.25, [300, 600, 1200, 2250, 2250]],
    [{ base: 100, maxDelay: 10_000 }, 0, [100, 200, 400, 800, 1600]],
    [{ backoff: "linear" }, 0, [400, 800, 1200, 1600, 2000]],
    [{ backoff: "linear", maxDelay: 1000 }, 0, [400, 800, 1000, 1000, 1000]],
    [{ backoff: "constant" }, 0, [400, 400, 400, 400, 400]],
    [{ backoff: "constant" }, 0.5, [300, 300, 300, 300, 300]],
    [{ base: 0 }, 0.5, [0, 0, 0, 0, 0]],
    [{ maxDelay: 0 }, 0.5, [0, 0, 0, 0, 0]],
    [{ base: 5000 }, 0, [3000, 3000, 3000, 3000, 3000]],
  ];
  for (const [options, random, waits] of cases) assertEquals(delays(options, random), waits);
});

Deno.test("backoffDelay: returns a number at attempt 10,000", () => {
  for (const [base, wait] of [[0, 0], [1e-9, 3000], [400, 3000]] as const) {
    assertEquals(backoffDelay(10_000, retryPolicy({ base }), 0), wait);
  }
});

Deno.test("backoffDelay: follows a Retry-After, plus up to a tenth and six seconds", () => {
  const cases: [retryAfterMs: number | undefined, random: number, wait: number][] = [
    [0, 0, 400],
    [1500, 0, 1500],
    [1500, 1, 1650],
    [60_000, 1, 66_000],
    [60_001, 0, 60_001],
    [3_600_000, 1, 3_606_000],
    [Infinity, 0, 400],
    [NaN, 0, 400],
    [-5, 0, 400],
    [undefined, 0, 400],
  ];
  for (const [retryAfterMs, random, wait] of cases) {
    assertAlmostEquals(backoffDelay(1, DEFAULT_RETRIES, random, retryAfterMs), wait);
  }
});

const policy = fc.record({
  max: fc.nat(),
  backoff: fc.constantFrom("exponential", "linear", "constant"),
  base: fc.double({ min: 0, max: 1e300, noNaN: true }),
  maxDelay: fc.double({ min: 0, max: 1e300, noNaN: true }),
  jitter: fc.double({ min: 0, max: 1, noNaN: true }),
  patience: fc.nat(),
});
const random = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("backoffDelay: stays between its minimum and maxDelay at any attempt", () => {
  fc.assert(fc.property(policy, random, fc.integer({ min: 1, max: 1e9 }), (p, r, attempt) => {
    const ms = backoffDelay(attempt, p, r);
    assert(ms >= 0 && ms <= p.maxDelay, `${ms}`);
    const whole = backoffDelay(attempt, p, 0);
    assert(ms <= whole && ms >= whole * (1 - p.jitter) * (1 - 1e-9));
    assert(backoffDelay(attempt + 1, p, 0) >= whole, "it never shrinks");
  }));
});

Deno.test("backoffDelay: is never shorter than Retry-After", () => {
  // 0 is ignored, as the table above shows.
  const retryAfter = fc.double({ min: Number.MIN_VALUE, max: 1e15, noNaN: true });
  fc.assert(fc.property(policy, random, retryAfter, (p, r, ms) => {
    const wait = backoffDelay(1, p, r, ms);
    assert(wait >= ms && wait <= ms * 1.1 + 1e-6 && wait <= ms + 6_001);
  }));
});

Deno.test("backoffDelay: grows where the server was wrong about the wait", () => {
  const waits = (ms: number) =>
    [1, 2, 3, 4].map((attempt) => backoffDelay(attempt, DEFAULT_RETRIES, 0, ms));
  assertEquals(waits(20), [20, 40, 80, 160]);
  assertEquals(waits(500), [500, 800, 1600, 3000]);
  assertEquals(waits(5_000), [5_000, 5_000, 5_000, 5_000]);
});

Deno.test("rateLimitedPolicy: backs off further where there is patience", () => {
  const longest = (options?: number | RetryOptions) =>
    rateLimitedPolicy(retryPolicy(options)).maxDelay;
  assertEquals([longest(), longest({ base: 1 }), longest({ max: 3, patience: 1 })], [
    10_000,
    10_000,
    10_000,
  ]);
  assertEquals([longest(3), longest({ max: 3 }), longest({ maxDelay: 500 })], [3000, 3000, 500]);
});

Deno.test("retryPolicy: has patience unless a number of retries is set", () => {
  const patience = (options?: number | RetryOptions) => retryPolicy(options).patience;
  assertEquals([patience(), patience({}), patience({ base: 1 })], [90_000, 90_000, 90_000]);
  assertEquals([patience(0), patience(5), patience({ max: 5 }), patience({ rateLimited: 2 })], [
    0,
    0,
    0,
    0,
  ]);
  assertEquals([patience({ max: 5, patience: 7 }), patience({ patience: 0 })], [7, 0]);
  assertEquals(beforeFallback(retryPolicy(undefined)).patience, 0);
  assertEquals(beforeFallback(retryPolicy({ patience: 5 })).patience, 5);
});

Deno.test("retryPolicy: fills in the defaults", () => {
  assertEquals(retryPolicy(undefined), DEFAULT_RETRIES);
  assertEquals(retryPolicy({}), DEFAULT_RETRIES);
  assertEquals(retryPolicy(0), { ...DEFAULT_RETRIES, max: 0, patience: 0 });
  assertEquals(retryPolicy({ max: undefined, base: 0 }), { ...DEFAULT_RETRIES, base: 0 });
  const on = () => true;
  assertEquals(retryPolicy({ on }).on, on);
});
