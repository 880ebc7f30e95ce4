import type { RateReport } from "@shoal/agents";
import { virtualTime } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { AdaptiveLimiter, limiterFor, ModelLimiter } from "../../src/limits/adaptive_limiter.ts";
import type { Feedback, FeedbackOutcome } from "../../src/limits/feedback.ts";
import { Limiter } from "../../src/limits/limiter.ts";
import type { PermitRequest } from "../../src/limits/permit_request.ts";
import { acquirePermits } from "../../src/limits/permits.ts";
import { fakeTime } from "../helpers.ts";
import { clock, microtasks, OUTCOMES, wait } from "./helpers.ts";
import { print } from "../print.ts";

const REQUEST: PermitRequest = { tokens: 0, priority: 0 };

/** Sends an attempt. Returns a function that applies its outcome and releases the permit. */
function send(
  limiter: Limiter,
  request = REQUEST,
): (outcome: FeedbackOutcome, answer?: Partial<Feedback>) => void {
  assert(limiter.tryAcquire(request), "no permit is available");
  const mark = limiter.markSent(request);
  return (outcome, answer) => {
    limiter.applyFeedback({ outcome, ...answer }, mark, request);
    limiter.release(request, undefined);
  };
}

/** Sends `n` attempts. */
function sendMany(limiter: Limiter, n: number) {
  return Array.from({ length: n }, () => send(limiter));
}

Deno.test("limiterFor creates an adaptive limiter if the concurrency is adaptive", () => {
  for (const limits of [{}, { concurrency: 5 }, { requestsPerMinute: 5 }]) {
    assert(!(limiterFor(limits) instanceof AdaptiveLimiter));
  }
  for (
    const limits of [{ concurrency: "adaptive" }, { concurrency: {} }, {
      concurrency: { start: 8 },
    }] as const
  ) {
    const limiter = limiterFor(limits);
    assert(limiter instanceof AdaptiveLimiter);
    assertEquals([limiter.concurrency, limiter.discoveredConcurrency], [8, 8]);
  }
});

Deno.test("adaptive limiter: grows with good answers, and is cut by a rejection", async () => {
  const limiter = limiterFor({ concurrency: { start: 4, max: 100 } });
  const answers = sendMany(limiter, 4);
  let admitted = 0;
  const waiting = Array.from(
    { length: 10 },
    () => limiter.acquire(REQUEST, undefined).then(() => admitted++),
  );
  answers[0]!("ok");
  await microtasks();
  // The released permit, and one by growth.
  assertEquals([limiter.concurrency, limiter.held, admitted], [5, 5, 2]);
  answers[1]!("rejected");
  await microtasks();
  assert(limiter.concurrency < 5);
  assertEquals([limiter.held, admitted], [4, 2], "permits are kept, and none is granted");
  for (const answer of answers.slice(2)) answer("unknown");
  for (let n = 0; n < 12; n++) {
    if (limiter.held > 0) limiter.release(REQUEST, undefined);
    await microtasks();
  }
  await Promise.all(waiting);
  assertEquals([admitted, limiter.waiting], [10, 0]);
});

Deno.test("adaptive limiter: attempts not yet sent do not fill the window", () => {
  const limiter = limiterFor({ concurrency: { start: 4, max: 100 } });
  for (let n = 0; n < 3; n++) assert(limiter.tryAcquire(REQUEST));
  for (let n = 0; n < 50; n++) send(limiter)("ok");
  assertEquals([limiter.held, limiter.concurrency], [3, 4]);
});

Deno.test("adaptive limiter: discovers the limit despite a reserve", () => {
  for (const reserve of [0.25, 0.5, 0.9]) {
    const limiter = limiterFor({ concurrency: { start: 8, max: 100 }, reserve });
    for (let round = 0; round < 200; round++) {
      const answers = [];
      while (limiter.tryAcquire(REQUEST)) {
        limiter.cancel(REQUEST);
        answers.push(send(limiter));
      }
      for (const answer of answers) answer("ok");
    }
    assertEquals(limiter.concurrency, 100, `with ${reserve}`);
  }
});

Deno.test("adaptive limiter: a rejection by a known rate limit causes no cut", () => {
  const cases: [rates: RateReport | undefined, tokens: number, cut: boolean][] = [
    [undefined, 10, true],
    [{}, 10, true],
    [{ requests: { limit: 60, remaining: 5 } }, 10, true],
    [{ requests: { limit: 60, remaining: 0 } }, 10, false],
    [{ tokens: { limit: 600, remaining: 10 } }, 10, true],
    [{ tokens: { limit: 600, remaining: 9 } }, 10, false],
    [{ tokens: { limit: 600, remaining: 0 } }, 0, false],
  ];
  for (const [rates, tokens, cut] of cases) {
    for (
      const limiter of [
        limiterFor({ concurrency: "adaptive" }),
        new ModelLimiter({ concurrency: { start: 8 } }),
      ]
    ) {
      send(limiter, { tokens, priority: 0 })("rejected", { rates });
      assertEquals(limiter.concurrency < 8, cut, print([rates, tokens]));
    }
  }
});

Deno.test("model limiter: without limits is cut only by many rejections, never below 8", async () => {
  using time = fakeTime();
  const limiter = new ModelLimiter({});
  assertEquals([limiter.concurrency, limiter.discoveredConcurrency], [Infinity, undefined]);
  let answers = sendMany(limiter, 300);
  for (const answer of answers.splice(0, 10)) answer("rejected");
  assertEquals(limiter.discoveredConcurrency, undefined, "a few are tolerated");
  for (const answer of answers) answer("rejected");
  assertEquals([limiter.concurrency, limiter.discoveredConcurrency], [8, 8]);
  for (let n = 0; n < 200; n++) {
    await time.tick(10_000);
    send(limiter)("rejected");
  }
  assertEquals(limiter.concurrency, 8);

  const small = new ModelLimiter({ concurrency: 3 });
  answers = sendMany(small, 3);
  for (const answer of answers) answer("rejected");
  for (let n = 0; n < 200; n++) {
    await time.tick(10_000);
    send(small)("rejected");
  }
  await time.tick(10_000);
  assertEquals([small.concurrency, small.tryAcquire(REQUEST)], [3, true]);
});

Deno.test("model limiter: of attempts sent before a pause, only the first starts one", async () => {
  using time = fakeTime();
  const limiter = new ModelLimiter({});
  const before = sendMany(limiter, 5);
  await time.tick(10);
  // Sent at the same moment at which the first rejection arrives.
  before.push(send(limiter));
  before[0]!("rejected", { retryAfterMs: 1_000 });
  assert(limiter.paused && !limiter.tryAcquire(REQUEST));
  for (const answer of before.slice(1)) {
    await time.tick(50);
    answer("rejected", { retryAfterMs: 5_000 });
  }
  let admitted = -1;
  const next = limiter.acquire(REQUEST, undefined).then((reason) => {
    admitted = performance.now();
    return reason;
  });
  await time.tick(749);
  assertEquals([admitted, limiter.paused], [-1, true]);
  await time.tick(1);
  assertEquals([await next, limiter.paused], ["pause", false]);
  // Rejections of later attempts count again.
  send(limiter)("rejected", { retryAfterMs: 2_000 });
  await time.tick(1_999);
  assert(limiter.paused);
  await time.tick(1);
  assert(!limiter.paused);
  assertEquals(clock().countTimers(), 0);
});

Deno.test("model limiter: pauses only for a rejection with a retry delay", async () => {
  using time = fakeTime();
  const cases: [outcome: FeedbackOutcome, retryAfterMs: number | undefined, pauses: boolean][] = [
    ["rejected", 1, true],
    ["rejected", 60_000, true],
    ["rejected", 60_001, true],
    ["rejected", 8 * 3_600_000, true],
    ["rejected", Infinity, false],
    ["rejected", undefined, false],
    ["rejected", 0, false],
    ["rejected", -5, false],
    ["rejected", NaN, false],
    ["failed", 1_000, false],
    ["unknown", 1_000, false],
    ["ok", 1_000, false],
  ];
  for (const [outcome, retryAfterMs, pauses] of cases) {
    const limiter = new ModelLimiter({});
    await time.tick(1);
    send(limiter)(outcome, { retryAfterMs });
    assertEquals(limiter.paused, pauses, `${outcome} ${retryAfterMs}`);
    if (pauses) continue;
    // It does not affect the next rejection.
    send(limiter)("rejected", { retryAfterMs: 1_000 });
    assert(limiter.paused, `after ${outcome} ${retryAfterMs}`);
  }
});

Deno.test("model limiter: follows reported rates until a good answer has no report", () => {
  using _ = fakeTime();
  const rates: RateReport = { requests: { limit: 60, remaining: 0, resetMs: 60_000 } };
  for (const outcome of OUTCOMES) {
    const limiter = new ModelLimiter({});
    const silent = OUTCOMES.map((outcome) => [outcome, send(limiter)] as const);
    const last = send(limiter);
    send(limiter)(outcome, { rates });
    assert(!limiter.tryAcquire(REQUEST), outcome);
    // Answers to older requests do not count.
    last("ok");
    assert(!limiter.tryAcquire(REQUEST), outcome);
    for (const [other, answer] of silent) answer(other);
    assert(!limiter.tryAcquire(REQUEST), outcome);
  }
  for (const [outcome, follows] of [["failed", true], ["unknown", true], ["ok", false]] as const) {
    const limiter = new ModelLimiter({});
    const [first, second] = [send(limiter), send(limiter)];
    first("ok", { rates });
    assert(!limiter.tryAcquire(REQUEST));
    second(outcome);
    assertEquals(limiter.tryAcquire(REQUEST), !follows, outcome);
  }
});

/** Fails if an attempt is sent during a pause. */
class Watched extends ModelLimiter {
  override markSent(request: PermitRequest) {
    assert(!this.paused, "an attempt is sent during a pause");
    return super.markSent(request);
  }
}

const answer = fc.record({
  outcome: fc.constantFrom<FeedbackOutcome | "aborted" | "never">(
    ...OUTCOMES,
    "ok",
    "ok",
    "aborted",
    "never",
  ),
  after: fc.oneof(fc.constant(0), fc.nat(50), fc.nat(3_000)),
  retryAfterMs: fc.option(fc.constantFrom(0, 1, 500, 5_000, 70_000, NaN), { nil: undefined }),
  remaining: fc.option(fc.nat(60), { nil: undefined, freq: 4 }),
  tokens: fc.nat(50),
  /** Milliseconds after the previous one. */
  comes: fc.oneof(fc.constant(0), fc.constant(0), fc.nat(100), fc.nat(2_000)),
});
const world = fc.record({
  min: fc.integer({ min: 1, max: 5 }),
  more: fc.nat(20),
  adaptive: fc.boolean(),
  account: fc.option(fc.integer({ min: 1, max: 10 }), { nil: undefined }),
  reserve: fc.constantFrom(0, 0.5),
  answers: fc.array(answer, { minLength: 1, maxLength: 150, size: "max" }),
});

Deno.test("adaptive: with any answers, no permit is lost and the bounds hold", async () => {
  await fc.assert(
    fc.asyncProperty(world, async ({ min, more, adaptive, account, reserve, answers }) => {
      const time = virtualTime();
      await time.run(async () => {
        const max = min + more;
        const widths: number[] = [];
        const onChange = ({ concurrency }: { concurrency: number }) => widths.push(concurrency);
        const run = limiterFor({ concurrency: { min, max, onChange }, reserve });
        const model = new Watched(adaptive ? { concurrency: "adaptive" } : {});
        const limiters = [run, model, new Limiter({ concurrency: account })];
        let inFlight = 0;
        let after = 0;
        const all = answers.map(async ({ comes, tokens, outcome, ...answer }) => {
          await wait(after += comes);
          const request = { tokens, priority: 0 };
          const controller = new AbortController();
          const { signal } = controller;
          const abort = () => controller.abort("out");
          const timer = outcome === "aborted" ? setTimeout(abort, answer.after) : undefined;
          let permits;
          try {
            permits = await acquirePermits(limiters, request, signal);
          } catch (why) {
            assertEquals(why, "out");
            return;
          }
          assert(++inFlight <= Math.min(max, account ?? Infinity), "too many are in flight");
          const { discoveredConcurrency: found = 1 } = permits;
          assert(found >= 1 && Number.isInteger(found), `${found}`);
          // An attempt without an answer times out.
          await wait(outcome === "never" ? 30_000 : answer.after);
          inFlight--;
          clearTimeout(timer);
          const { remaining } = answer;
          const rates = remaining === undefined
            ? undefined
            : { requests: { limit: 60, remaining, resetMs: (60 - remaining) * 1_000 } };
          const reported = outcome === "never"
            ? "failed"
            : outcome === "aborted"
            ? "unknown"
            : outcome;
          permits.release(tokens, { outcome: reported, retryAfterMs: answer.retryAfterMs, rates });
          permits.release();
        });
        await Promise.all(all);
        for (const limiter of limiters) assertEquals([limiter.held, limiter.waiting], [0, 0]);
        for (const width of [...widths, run.concurrency]) assert(width >= min && width <= max);
        assert(model.concurrency >= 1);
        assertEquals(time.pending, 0, "a timer is left");
      });
    }),
    { numRuns: 60 },
  );
});

Deno.test("adaptive: 100,000 calls pass limiters and windows in seconds", async () => {
  const limiters = [
    limiterFor({ concurrency: { start: 50, max: 500 } }),
    new ModelLimiter({ concurrency: "adaptive" }),
    new Limiter({ concurrency: 400 }),
  ];
  let [n, rejected] = [0, 0];
  const began = performance.now();
  const lanes = Array.from({ length: 1_000 }, async () => {
    while (n < 100_000) {
      n++;
      const permits = await acquirePermits(limiters, { tokens: 100, priority: 0 }, undefined);
      await Promise.resolve();
      const outcome = n % 500 === 0 ? "rejected" : "ok";
      if (outcome === "rejected") rejected++;
      permits.release(100, { outcome });
    }
  });
  await Promise.all(lanes);
  const ms = performance.now() - began;
  assertEquals(limiters.map(({ held, waiting }) => [held, waiting]), [[0, 0], [0, 0], [0, 0]]);
  assert(rejected > 100);
  // It takes about half a second; a quadratic algorithm would take minutes.
  assert(ms < 20_000, `${ms} ms`);
});
