import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { LimitOptions } from "@shoal/agents";
import { Limiter } from "../../src/limits/limiter.ts";
import type { PermitRequest, WaitReason } from "../../src/limits/permit_request.ts";
import { fakeTime } from "../helpers.ts";
import { clock, microtasks, MINUTE, pass, passAll } from "./helpers.ts";

const REQUEST: PermitRequest = { tokens: 0, priority: 0 };

/** Returns the maximum number of admissions in any half-open minute. */
function fullest(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  for (const [n, at] of times.entries()) {
    while (times[from]! <= at - MINUTE) from++;
    most = Math.max(most, n - from + 1);
  }
  return most;
}

/** Waits for a permit; records when it was granted, and why it was not before. */
function waiter(limiter: Limiter, request: Partial<PermitRequest> = {}, signal?: AbortSignal): {
  at: number | undefined;
  reason: WaitReason | undefined;
  rejected: unknown;
} {
  const state: ReturnType<typeof waiter> = {
    at: undefined,
    reason: undefined,
    rejected: undefined,
  };
  limiter.acquire({ ...REQUEST, ...request }, signal).then((reason) => {
    state.at = performance.now();
    state.reason = reason;
  }, (why) => state.rejected = why);
  return state;
}

Deno.test("limiter: without limits no attempt waits", async () => {
  const limiter = new Limiter({});
  for (let n = 0; n < 1_000; n++) {
    assertEquals(await limiter.acquire(REQUEST, undefined), undefined);
  }
  assertEquals([limiter.held, limiter.waiting, limiter.concurrency], [1_000, 0, Infinity]);
});

Deno.test("limiter: admits up to the concurrency, the others in order", async () => {
  const limiter = new Limiter({ concurrency: 2 });
  const admitted: number[] = [];
  const reasons = [0, 1, 2, 3, 4].map((n) =>
    limiter.acquire(REQUEST, undefined).then((reason) => (admitted.push(n), reason))
  );
  await microtasks();
  assertEquals([admitted, limiter.held, limiter.waiting], [[0, 1], 2, 3]);
  assertEquals(limiter.tryAcquire(REQUEST), false);
  limiter.release(REQUEST, undefined);
  // The permit went to the waiter, so none is free.
  assertEquals([limiter.tryAcquire(REQUEST), limiter.held], [false, 2]);
  for (let n = 0; n < 4; n++) limiter.release(REQUEST, undefined);
  assertEquals(await Promise.all(reasons), [
    undefined,
    undefined,
    "concurrency",
    "concurrency",
    "concurrency",
  ]);
  assertEquals([admitted, limiter.held], [[0, 1, 2, 3, 4], 0]);
});

Deno.test("limiter: the higher priority goes first, without overtaking within one", async () => {
  using time = fakeTime();
  for (const options of [{ concurrency: 1 }, { requestsPerMinute: 60 }]) {
    const limiter = new Limiter(options);
    assert(limiter.tryAcquire(REQUEST));
    const admitted: string[] = [];
    const wait = (name: string, priority: number) =>
      limiter.acquire({ tokens: 0, priority }, undefined).then(() => admitted.push(name));
    const all = [wait("a", 0), wait("b", 0), wait("c", 5), wait("d", -1), wait("e", 5)];
    for (const priority of [-1, 0, 5]) assert(!limiter.tryAcquire({ tokens: 0, priority }));
    for (let n = 0; n < 6; n++) {
      limiter.release(REQUEST, undefined);
      await time.tick(1_100);
    }
    await Promise.all(all);
    assertEquals(admitted.join(""), "ceabd");
    assertEquals([limiter.held, clock().countTimers()], [0, 0]);
  }
});

Deno.test("limiter: reserves a share for priorities above 0", () => {
  //        concurrency, reserve, unreserved
  const table: [number, number, number][] = [
    [10, 0, 10],
    [10, 0.3, 7],
    [100, 0.9, 10],
    [1_000, 0.07, 930],
    [3, 0.5, 1],
    // At least one permit is unreserved.
    [1, 0.5, 1],
    [2, 0.99, 1],
  ];
  for (const [concurrency, reserve, open] of table) {
    const limiter = new Limiter({ concurrency, reserve });
    const take = (priority: number) => {
      let n = 0;
      while (limiter.tryAcquire({ tokens: 0, priority })) n++;
      return n;
    };
    assertEquals([take(0), take(-1), take(0.1)], [open, 0, concurrency - open]);
  }
  const boundless = new Limiter({ reserve: 0.5 });
  assert(boundless.tryAcquire(REQUEST));
});

Deno.test("limiter: priorities pass a waiter for the unreserved share", async () => {
  const limiter = new Limiter({ concurrency: 2, reserve: 0.5 });
  const urgent: PermitRequest = { tokens: 0, priority: 1 };
  assert(limiter.tryAcquire(REQUEST));
  const normal = waiter(limiter);
  assert(limiter.tryAcquire(urgent));
  const high = waiter(limiter, { priority: 1 });
  limiter.release(urgent, undefined);
  await microtasks();
  assertEquals([normal.at, high.reason, limiter.held], [undefined, "concurrency", 2]);
  limiter.release(urgent, undefined);
  await microtasks();
  // The unreserved permit is still held: the free one is reserved.
  assertEquals([normal.at, limiter.held, limiter.waiting], [undefined, 1, 1]);
  limiter.release(REQUEST, undefined);
  await microtasks();
  assertEquals([normal.reason, limiter.held, limiter.waiting], ["concurrency", 1, 0]);
});

Deno.test("limiter: priorities do not use up the unreserved share", () => {
  const limiter = new Limiter({ concurrency: 10, reserve: 0.5 });
  for (let n = 0; n < 5; n++) assert(limiter.tryAcquire({ tokens: 0, priority: 1 }));
  for (let n = 0; n < 5; n++) assert(limiter.tryAcquire(REQUEST));
  assertEquals([limiter.tryAcquire(REQUEST), limiter.held], [false, 10]);
});

Deno.test("limiter: a changed concurrency takes effect at once", async () => {
  const limiter = new Limiter({ concurrency: 1 });
  const all = [0, 1, 2, 3, 4].map(() => waiter(limiter));
  await microtasks();
  limiter.concurrency = 4;
  await microtasks();
  assertEquals([limiter.held, limiter.waiting], [4, 1]);
  limiter.concurrency = 2;
  for (const held of [3, 2, 2, 1]) {
    limiter.release(REQUEST, undefined);
    assertEquals(limiter.held, held);
  }
  await microtasks();
  assertEquals(all.at(-1)!.reason, "concurrency");
});

Deno.test("limiter: requests start at their rate, in any minute", async () => {
  using _ = fakeTime();
  for (const requestsPerMinute of [1, 7, 60, 479, 1_000]) {
    const limiter = new Limiter({ requestsPerMinute });
    const began = performance.now();
    const minutes = requestsPerMinute < 100 ? 6 : 2;
    const all = Array.from({ length: (minutes + 1) * requestsPerMinute }, () => waiter(limiter));
    await pass(minutes * MINUTE - 1);
    const times = all.flatMap(({ at }) => at === undefined ? [] : [at - began]);
    assertEquals(times.filter((at) => at < MINUTE).length, requestsPerMinute);
    assertEquals(fullest(times), requestsPerMinute);
    assert(times.length >= Math.floor(0.97 * minutes * requestsPerMinute), `${times.length}`);
    assertEquals([all[0]!.reason, all.at(requestsPerMinute - 1)!.reason === "requests"], [
      undefined,
      requestsPerMinute > 1,
    ]);
    await passAll();
    assertEquals(limiter.waiting, 0);
  }
});

Deno.test("limiter: tokens start at their rate, and large amounts pass in the end", async () => {
  using _ = fakeTime();
  const limiter = new Limiter({ tokensPerMinute: 60_000 });
  const began = performance.now();
  // More than the capacity, even with a higher priority; behind it a small one.
  const [first, large, small] = [
    waiter(limiter, { tokens: 60_000 }),
    waiter(limiter, { tokens: 60_000, priority: 3 }),
    waiter(limiter, { tokens: 1 }),
  ];
  await passAll();
  assertEquals(first.at, began);
  assert(large.at! - began > 59_000 && large.at! - began < 61_000);
  assert(small.at! > large.at! + 59_000 && small.at! < large.at! + 61_000);
});

Deno.test("limiter: corrects the estimate of tokens by the usage", async () => {
  using _ = fakeTime();
  // estimate, used, wait of the next one
  const table: [number, number | undefined, [number, number]][] = [
    [251, undefined, [250, 260]],
    [251, 251, [250, 260]],
    [251, 0, [0, 0]],
    [251, 151, [150, 160]],
    [0, 1_251, [1_250, 1_260]],
    [251, 6_251, [6_200, 6_300]],
  ];
  for (const [estimate, used, [min, max]] of table) {
    const limiter = new Limiter({ tokensPerMinute: 60_000 });
    assert(limiter.tryAcquire({ tokens: estimate, priority: 0 }));
    const began = performance.now();
    limiter.release({ tokens: estimate, priority: 0 }, used);
    const next = waiter(limiter, { tokens: 251 });
    await passAll();
    const waited = next.at! - began;
    assert(waited >= min && waited <= max, `${estimate} ${used}: ${waited}`);
  }
});

Deno.test("limiter: admits none during a pause, which a shorter one does not end", async () => {
  using time = fakeTime();
  const limiter = new Limiter({ concurrency: 2 });
  limiter.pause(1_000);
  assertEquals([limiter.tryAcquire(REQUEST), clock().countTimers()], [false, 0]);
  const one = waiter(limiter);
  await time.tick(500);
  limiter.pause(100);
  const two = waiter(limiter);
  await time.tick(499);
  assertEquals([one.at, two.at, clock().countTimers()], [undefined, undefined, 1]);
  await time.tick(1);
  assertEquals([one.reason, two.reason, clock().countTimers()], ["pause", "pause", 0]);
  limiter.pause(Infinity);
  const controller = new AbortController();
  const never = waiter(limiter, {}, controller.signal);
  limiter.release(REQUEST, undefined);
  await time.tick(10 * MINUTE);
  assertEquals(never.at, undefined);
  controller.abort("bye");
  await microtasks();
  assertEquals([never.rejected, clock().countTimers()], ["bye", 0]);
});

Deno.test("limiter: reports the reason of a wait, even if it is aborted", async () => {
  using time = fakeTime();
  const table: [limits: LimitOptions, prepare: (limiter: Limiter) => void, WaitReason][] = [
    [{ concurrency: 1 }, (limiter) => limiter.tryAcquire(REQUEST), "concurrency"],
    [{ requestsPerMinute: 1 }, (limiter) => limiter.tryAcquire(REQUEST), "requests"],
    [{ tokensPerMinute: 1 }, (limiter) => limiter.tryAcquire({ ...REQUEST, tokens: 50 }), "tokens"],
    [{ requestsPerMinute: 1 }, (limiter) => limiter.pause(MINUTE), "pause"],
    // The limit with the longest wait.
    [{ tokensPerMinute: 60, requestsPerMinute: 6_000 }, (limiter) => {
      for (let n = 0; n < 30; n++) limiter.tryAcquire({ ...REQUEST, tokens: 1 });
      limiter.pause(10);
    }, "tokens"],
  ];
  for (const [limits, prepare, reason] of table) {
    const limiter = new Limiter(limits);
    prepare(limiter);
    const controller = new AbortController();
    const one = waiter(limiter, { tokens: 1 }, controller.signal);
    const two = waiter(limiter, { tokens: 1 }, controller.signal);
    await time.tick(5);
    assertEquals([one.at, limiter.reason], [undefined, reason]);
    controller.abort("bye");
    await microtasks();
    assertEquals([one.rejected, two.rejected, limiter.reason], ["bye", "bye", reason]);
    assertEquals([limiter.waiting, clock().countTimers()], [0, 0]);
    // The next waiter has its own reason.
    if (limiter.held > 0) limiter.release(REQUEST, undefined);
    await pass(2 * MINUTE);
    const last = waiter(limiter, { tokens: 1 });
    await pass(60 * MINUTE);
    assert(last.at !== undefined);
  }
});

Deno.test("limiter: paused is true during a pause", async () => {
  using time = fakeTime();
  const limiter = new Limiter({});
  assert(!limiter.paused);
  limiter.pause(100);
  assert(limiter.paused);
  await time.tick(99);
  assert(limiter.paused);
  await time.tick(1);
  assert(!limiter.paused);
});

Deno.test("limiter: cancel returns the permit, the request and the tokens", async () => {
  using _ = fakeTime();
  const limiter = new Limiter({ concurrency: 1, requestsPerMinute: 1, tokensPerMinute: 60 });
  const request: PermitRequest = { tokens: 1, priority: 0 };
  assert(limiter.tryAcquire(request));
  const next = waiter(limiter, request);
  await microtasks();
  assertEquals(next.at, undefined);
  limiter.cancel(request);
  await microtasks();
  assertEquals([next.at, limiter.held], [performance.now(), 1]);
  // After a release, it counts as used.
  limiter.markSent(request);
  limiter.release(request, undefined);
  const later = waiter(limiter, request);
  await microtasks();
  assertEquals(later.at, undefined);
  await pass(2 * MINUTE);
  assertEquals(later.reason, "requests");
});

Deno.test("limiter: ignores feedback if it is not adaptive", () => {
  const limiter = new Limiter({ concurrency: 3 });
  const mark = limiter.markSent(REQUEST);
  limiter.applyFeedback({ outcome: "rejected", retryAfterMs: 1_000 }, mark, REQUEST);
  assertEquals([limiter.discoveredConcurrency, limiter.concurrency, limiter.paused], [
    undefined,
    3,
    false,
  ]);
});

Deno.test("limiter: has one timer while an attempt waits for a rate, else none", async () => {
  using time = fakeTime();
  const limiter = new Limiter({ requestsPerMinute: 60, concurrency: 5 });
  assertEquals(clock().countTimers(), 0);
  assert(limiter.tryAcquire(REQUEST));
  assertEquals(clock().countTimers(), 0);
  const controllers = [0, 1, 2].map(() => new AbortController());
  const all = controllers.map(({ signal }) => waiter(limiter, {}, signal));
  assertEquals(clock().countTimers(), 1);
  for (const controller of controllers) {
    assertEquals(clock().countTimers(), 1);
    controller.abort("bye");
  }
  assertEquals([clock().countTimers(), limiter.waiting], [0, 0]);
  await microtasks();
  assertEquals(all.map(({ rejected }) => rejected), ["bye", "bye", "bye"]);
  const one = waiter(limiter);
  await time.tick(1_010);
  assert(one.at !== undefined);
  assertEquals(clock().countTimers(), 0);
  // A waiter for a permit needs no timer.
  limiter.concurrency = 2;
  waiter(limiter);
  assertEquals([limiter.waiting, clock().countTimers()], [1, 0]);
  limiter.release(REQUEST, undefined);
  await time.tick(1_010);
  assertEquals([limiter.waiting, clock().countTimers()], [0, 0]);
});

Deno.test("limiter: sets a timer for the first waiter only", () => {
  using _ = fakeTime();
  const limiter = new Limiter({ requestsPerMinute: 60 });
  const fake = globalThis.setTimeout;
  let set = 0;
  globalThis.setTimeout = ((...args: Parameters<typeof fake>) => (set++, fake(...args))) as never;
  try {
    for (let n = 0; n < 100; n++) waiter(limiter);
    assertEquals(set, 1);
  } finally {
    globalThis.setTimeout = fake;
  }
});

Deno.test("limiter: an abort removes a waiter from any position", async () => {
  for (const leaver of [0, 1, 2]) {
    const limiter = new Limiter({ concurrency: 1 });
    assert(limiter.tryAcquire(REQUEST));
    const controllers = [0, 1, 2].map(() => new AbortController());
    const counts = controllers.map(({ signal }) => listeners(signal));
    const all = controllers.map(({ signal }) => waiter(limiter, {}, signal));
    assertEquals(counts.map((count) => count()), [1, 1, 1]);
    controllers[leaver]!.abort("out");
    for (let n = 0; n < 3; n++) limiter.release(REQUEST, undefined);
    await microtasks();
    for (const [n, { reason, rejected }] of all.entries()) {
      assertEquals(
        [reason, rejected],
        n === leaver ? [undefined, "out"] : ["concurrency", undefined],
      );
    }
    assertEquals([limiter.held, limiter.waiting], [0, 0]);
    assertEquals(counts.map((count) => count()), [0, 0, 0]);
  }
  const limiter = new Limiter({ concurrency: 1 });
  assertEquals(await limiter.acquire(REQUEST, AbortSignal.abort("bye")).catch((why) => why), "bye");
  assertEquals(limiter.held, 0);
});

Deno.test("limiter: when a large waiter aborts, smaller ones are admitted", async () => {
  using _ = fakeTime();
  const limiter = new Limiter({ tokensPerMinute: 60_000 });
  assert(limiter.tryAcquire({ tokens: 200, priority: 0 }));
  const controller = new AbortController();
  waiter(limiter, { tokens: 200 }, controller.signal);
  const small = waiter(limiter, { tokens: 20 });
  await microtasks();
  assertEquals(small.at, undefined);
  controller.abort();
  await microtasks();
  assertEquals([small.reason, clock().countTimers()], ["tokens", 0]);
});

Deno.test("limiter: a shared abort admits no waiter, even if permits are released", async () => {
  using _ = fakeTime();
  for (const early of [true, false]) {
    const limiter = new Limiter({ concurrency: 2, tokensPerMinute: 60_000 });
    assert(limiter.tryAcquire({ tokens: 200, priority: 0 }));
    const controller = new AbortController();
    const release = () => limiter.release(REQUEST, undefined);
    if (early) controller.signal.addEventListener("abort", release);
    const all = [200, 10, 10].map((tokens) => waiter(limiter, { tokens }, controller.signal));
    if (!early) controller.signal.addEventListener("abort", release);
    controller.abort("bye");
    await microtasks();
    assertEquals(all.map(({ rejected }) => rejected), ["bye", "bye", "bye"]);
    assertEquals([limiter.held, limiter.waiting, clock().countTimers()], [0, 0, 0]);
  }
});

Deno.test("limiter: an admission costs the same with 100,000 waiters as with 1,000", async () => {
  const counts: number[] = [];
  for (const many of [1_000, 100_000]) {
    const limiter = new Limiter({ concurrency: 1, requestsPerMinute: 1e9, tokensPerMinute: 1e12 });
    assert(limiter.tryAcquire(REQUEST));
    let looks = 0;
    const controller = new AbortController();
    const count = listeners(controller.signal);
    let [admitted, out] = [0, 0];
    for (let n = 0; n < many; n++) {
      const request = {
        priority: n % 3,
        get tokens() {
          looks++;
          return 1;
        },
      };
      limiter.acquire(request, controller.signal).then(() => admitted++, () => out++);
    }
    assertEquals([limiter.waiting, count()], [many, 1]);
    looks = 0;
    for (let n = 0; n < 500; n++) limiter.release({ tokens: 1, priority: 0 }, 1);
    counts.push(looks);
    await microtasks();
    assertEquals([admitted, limiter.held], [500, 1]);
    controller.abort();
    await microtasks();
    assertEquals([out, limiter.waiting, limiter.held, count()], [many - 500, 0, 1, 0]);
  }
  assertEquals(counts[0], counts[1]);
  assert(counts[0]! <= 500 * 4, `${counts[0]}`);
});

/** Counts the listeners of a signal. */
function listeners(signal: AbortSignal): () => number {
  const all = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.assign(signal, {
    addEventListener: (type: "abort", fn: () => void) => (all.add(fn), add(type, fn)),
    removeEventListener: (type: "abort", fn: () => void) => (all.delete(fn), remove(type, fn)),
  });
  return () => all.size;
}

const step = fc.record({
  kind: fc.constantFrom("acquire", "acquire", "acquire", "release", "abort", "abort"),
  which: fc.nat(20),
});

Deno.test("limiter: under any events it is fair, keeps its limit, loses no permit", async () => {
  const steps = fc.array(step, { maxLength: 50, size: "max" });
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (limit, steps) => {
      const limiter = new Limiter({ concurrency: limit });
      // A simple model of the expected behaviour.
      let held = 0;
      let line: number[] = [];
      const expected: number[] = [];
      const admitted: number[] = [];
      const controllers: AbortController[] = [];
      const give = () => {
        limiter.release(REQUEST, undefined);
        const next = line.shift();
        if (next === undefined) held--;
        else expected.push(next);
      };
      for (const { kind, which } of steps) {
        if (kind === "acquire") {
          const n = controllers.push(new AbortController()) - 1;
          limiter.acquire(REQUEST, controllers[n]!.signal).then(() => admitted.push(n), () => {});
          if (held < limit && line.length === 0) {
            held++;
            expected.push(n);
          } else line.push(n);
        } else if (kind === "release" && held > 0) {
          give();
        } else if (kind === "abort" && controllers.length > 0) {
          const n = which % controllers.length;
          controllers[n]!.abort();
          line = line.filter((waiter) => waiter !== n);
        }
        assertEquals([limiter.held, limiter.waiting], [held, line.length]);
        await microtasks();
        assertEquals(admitted, expected);
      }
      while (held > 0) give();
      await microtasks();
      assertEquals([admitted, limiter.held], [expected, 0]);
    }),
  );
});

const whole = (min: number, max: number) => fc.integer({ min, max });
const limitsOf = fc.record({
  concurrency: whole(1, 6),
  requestsPerMinute: whole(1, 2_000),
  tokensPerMinute: whole(1_000, 1_000_000),
  reserve: fc.constantFrom(0, 0.25, 0.5, 0.9),
}, { requiredKeys: [] });
const arrival = fc.record({
  /** Milliseconds after the previous one. */
  after: fc.oneof(fc.constant(0), whole(0, 50), whole(0, 5_000), whole(0, 90_000)),
  priority: fc.constantFrom(0, 0, 0, 1, 2, -1),
  /** The tokens it needs, as a share of the capacity; above 1 it does not fit. */
  needs: fc.oneof(
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.double({ min: 0, max: 40, noNaN: true }),
  ),
  holds: fc.oneof(fc.constant(0), whole(0, 200), whole(0, 20_000)),
  abortAfter: fc.option(whole(0, 5_000), { freq: 5 }),
  concurrency: fc.option(whole(1, 8), { freq: 15 }),
  pause: fc.option(whole(0, 3_000), { freq: 15 }),
});

Deno.test("limiter: with any arrivals, all limits hold and all are admitted", async () => {
  const arrivals = fc.array(arrival, { maxLength: 120, size: "max" });
  await fc.assert(
    fc.asyncProperty(limitsOf, arrivals, async (limits, arrivals) => {
      using _ = fakeTime();
      const limiter = new Limiter(limits);
      const { requestsPerMinute = Infinity, tokensPerMinute, reserve = 0 } = limits;
      const fits = 1 + (tokensPerMinute ?? 0) / 240;
      const times: number[] = [];
      const begun: { at: number; tokens: number }[] = [];
      const waiting: { n: number; priority: number }[] = [];
      let [normal, answered, pausedUntil] = [0, 0, 0];

      const come = async (n: number) => {
        const { priority, needs, holds, abortAfter, concurrency, pause } = arrivals[n]!;
        if (concurrency !== null && limits.concurrency !== undefined) {
          limiter.concurrency = concurrency;
          // Attempts that this admits start before the pause.
          for (let turn = 0; turn < 5; turn++) await Promise.resolve();
        }
        if (pause !== null) {
          limiter.pause(pause);
          pausedUntil = Math.max(pausedUntil, performance.now() + pause);
        }
        const tokens = Math.floor(needs * fits);
        const controller = new AbortController();
        const count = listeners(controller.signal);
        const timer = abortAfter === null
          ? undefined
          : setTimeout(() => controller.abort("out"), abortAfter);
        const me = { n, priority };
        waiting.push(me);
        const leave = () => waiting.splice(waiting.indexOf(me), 1);
        try {
          await limiter.acquire({ tokens, priority }, controller.signal);
        } catch (why) {
          assertEquals([why, count()], ["out", 0]);
          leave();
          answered++;
          return;
        }
        clearTimeout(timer);
        leave();
        const at = performance.now();
        assertEquals(count(), 0);
        assert(at >= pausedUntil, "it began in a pause");
        assert(limiter.held <= limiter.concurrency, "more are held than may be");
        for (const other of waiting) {
          const first = other.priority === priority ? other.n < n : other.priority > priority;
          assert(!first, `${n} overtook ${other.n}`);
        }
        if (priority <= 0) {
          normal++;
          const open = Math.max(1, Math.floor(limiter.concurrency * (1 - reserve) + 1e-9));
          assert(normal <= open, "the reserve is taken");
        }
        times.push(at);
        begun.push({ at, tokens });
        await new Promise<void>((resolve) => setTimeout(resolve, holds));
        if (priority <= 0) normal--;
        limiter.release({ tokens, priority }, undefined);
        answered++;
      };

      const failures: unknown[] = [];
      let after = 0;
      for (const [n, arrival] of arrivals.entries()) {
        after += arrival.after;
        setTimeout(() => come(n).catch((error) => failures.push(error)), after);
      }
      await passAll();
      if (failures.length > 0) throw failures[0];
      assertEquals([answered, limiter.waiting, limiter.held], [arrivals.length, 0, 0]);
      assert(fullest(times) <= requestsPerMinute, `${fullest(times)} in a minute`);
      for (const [n, { at, tokens }] of begun.entries()) {
        if (tokensPerMinute === undefined) break;
        let sum = 0;
        for (let m = n; m >= 0 && begun[m]!.at > at - MINUTE; m--) sum += begun[m]!.tokens;
        // Without the last one if it does not fit: at most one exceeds the limit.
        if (tokens > fits) sum -= tokens;
        assert(sum <= tokensPerMinute, `${sum} tokens in a minute`);
      }
    }),
    { numRuns: 60 },
  );
});

Deno.test("limiter: uses 97 % of both rates under load, at any concurrency", async () => {
  using _ = fakeTime();
  const table = [
    { requestsPerMinute: 300 },
    { requestsPerMinute: 60, concurrency: 3 },
    { tokensPerMinute: 60_000 },
    { tokensPerMinute: 60_000, requestsPerMinute: 600, concurrency: 50 },
  ];
  for (const limits of table) {
    const limiter = new Limiter(limits);
    const rate = Math.min(
      limits.requestsPerMinute ?? Infinity,
      (limits.tokensPerMinute ?? Infinity) / 100,
    );
    let done = 0;
    const lanes = Array.from({ length: 100 }, async () => {
      while (done < 3 * rate) {
        await limiter.acquire({ tokens: 100, priority: 0 }, undefined);
        done++;
        await new Promise<void>((resolve) => setTimeout(resolve, 1_000));
        limiter.release({ tokens: 100, priority: 0 }, 100);
      }
    });
    const began = performance.now();
    await pass(2 * MINUTE);
    assert(done >= 0.97 * 2 * rate, `${done} of ${2 * rate}`);
    await passAll();
    await Promise.all(lanes);
    assert(performance.now() > began);
  }
});
