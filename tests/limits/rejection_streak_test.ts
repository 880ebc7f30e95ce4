import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { RejectionStreak } from "../../src/limits/rejection_streak.ts";

/** An attempt that is rejected at once, alone unless others are in flight. */
const rejection = (sentAt: number, retryAfterMs?: number, inFlight = 1) =>
  ({ outcome: "rejected", sentAt, retryAfterMs, inFlight }) as const;
const answer = (sentAt: number) =>
  ({ outcome: "ok", sentAt, retryAfterMs: undefined, inFlight: 1 }) as const;

/** Rejects attempts until the model pauses on its own. Returns the pause and the time. */
function pauseAfterStreak(streak: RejectionStreak, from: number): [ms: number, now: number] {
  for (let now = from;; now++) {
    const change = streak.applyOutcome(rejection(now), now);
    if (change !== undefined) return [change as number, now];
  }
}

Deno.test("rejection streak: pauses on its own after eight rejections in a row", () => {
  const streak = new RejectionStreak();
  for (let n = 1; n <= 7; n++) assertEquals(streak.applyOutcome(rejection(n), n), undefined);
  const ms = streak.applyOutcome(rejection(8), 8) as number;
  assert(ms >= 400 && ms <= 500, `${ms}`);
});

Deno.test("rejection streak: an answer in between, or others in flight, are evidence against it", () => {
  const streak = new RejectionStreak();
  for (let n = 1; n < 1_000; n++) {
    assertEquals(streak.applyOutcome(rejection(n), n), undefined);
    if (n % 7 === 0) assertEquals(streak.applyOutcome(answer(n + 0.5), n + 0.5), undefined);
  }
  const busy = new RejectionStreak();
  for (let n = 1; n < 80; n++) {
    assertEquals(busy.applyOutcome(rejection(n, undefined, 11), n), undefined);
  }
  assert(busy.applyOutcome(rejection(80, undefined, 11), 80) !== undefined);
});

Deno.test("rejection streak: pauses grow to eight seconds, and an answer ends them", () => {
  const streak = new RejectionStreak();
  let [ms, now] = pauseAfterStreak(streak, 1);
  const pauses = [ms];
  for (let n = 0; n < 6; n++) {
    now += ms + 1;
    ms = streak.applyOutcome(rejection(now), now + 1) as number;
    pauses.push(ms);
  }
  for (const [i, longest] of [500, 1_000, 2_000, 4_000, 8_000, 8_000, 8_000].entries()) {
    assert(pauses[i]! <= longest && pauses[i]! >= 0.8 * longest, `${i}: ${pauses[i]}`);
  }
  now += ms + 1;
  assertEquals(streak.holdBack(0, now), 0);
  assert(streak.holdBack(1, now) > 0, "one probe at a time");
  assertEquals(streak.applyOutcome(answer(now), now + 100), "recovered");
  assertEquals(streak.holdBack(1_000, now + 100), 0);
});

Deno.test("rejection streak: a probe that is not rejected soon lets others follow", () => {
  const streak = new RejectionStreak();
  const [ms, now] = pauseAfterStreak(streak, 1);
  const end = now + ms;
  for (const [passed, allowed] of [[1, 1], [1_999, 1], [2_001, 2], [4_001, 4], [20_001, 1_024]]) {
    assertEquals(streak.holdBack(allowed! - 1, end + passed!), 0, `${passed}`);
    const wait = streak.holdBack(allowed!, end + passed!);
    assert(wait > 0 && wait <= 2_000, `${passed}`);
  }
});

Deno.test("rejection streak: all attempts resume after the first pause that the server asks for", () => {
  const streak = new RejectionStreak();
  assertEquals(streak.applyOutcome(rejection(1, 3_000), 1), 3_000);
  // Sent before the pause.
  assertEquals(streak.applyOutcome(rejection(0, 9_000), 2), undefined);
  assertEquals(streak.holdBack(1_000, 3_002), 0);
  assertEquals(streak.applyOutcome(rejection(3_002, 10 * 86_400_000), 3_003), 86_400_000);
});

Deno.test("rejection streak: a wait that was wrong becomes longer, and then is probed", () => {
  const streak = new RejectionStreak();
  let now = 0;
  for (let n = 0; n < 40; n++) {
    now += 20;
    const ms = streak.applyOutcome(rejection(now, 10), now) as number | undefined;
    if (ms !== undefined) now += ms;
  }
  assert(now > 100_000, `${now}`);
  assert(streak.holdBack(1, now) > 0);
});

Deno.test("rejection streak: never pauses longer than a day, whatever happens", () => {
  const outcome = fc.constantFrom("ok", "rejected", "failed", "unknown" as const);
  const attempt = fc.record({
    outcome,
    retryAfterMs: fc.option(fc.oneof(fc.double(), fc.nat()), { nil: undefined }),
    age: fc.nat(100_000),
    inFlight: fc.integer({ min: 1, max: 1_000 }),
    passed: fc.nat(10_000),
  });
  fc.assert(fc.property(fc.array(attempt, { maxLength: 200 }), (all) => {
    const streak = new RejectionStreak();
    let now = 0;
    for (const { outcome, retryAfterMs, age, inFlight, passed } of all) {
      now += passed;
      const sentAt = now - age;
      const change = streak.applyOutcome({ outcome, retryAfterMs, sentAt, inFlight }, now);
      if (typeof change === "number") assert(change > 0 && change <= 86_400_000, `${change}`);
      for (const held of [0, 1, inFlight, 10_000]) {
        const wait = streak.holdBack(held, now);
        assert(wait >= 0 && wait <= 2_000 + 1e-6, `${wait}`);
      }
      assertEquals(streak.holdBack(0, now), 0, "one attempt may always start after the pause");
    }
  }));
});
