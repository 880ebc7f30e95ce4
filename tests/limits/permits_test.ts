import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Feedback } from "../../src/limits/feedback.ts";
import { Limiter } from "../../src/limits/limiter.ts";
import { acquirePermits, type WaitTimes } from "../../src/limits/permits.ts";
import { fakeTime } from "../helpers.ts";
import { clock, microtasks } from "./helpers.ts";

const REQUEST = { tokens: 0, priority: 0 };

function gate(concurrency: number): Limiter {
  return new Limiter({ concurrency });
}

Deno.test("permits: an abort just after a permit was granted releases it", async () => {
  const one = gate(1);
  await one.acquire(REQUEST, undefined);
  const controller = new AbortController();
  const permit = acquirePermits([one], REQUEST, controller.signal).catch((why) => why);
  await microtasks();
  one.release(REQUEST, undefined);
  controller.abort("bye");
  assertEquals([await permit, one.held], ["bye", 0]);
});

Deno.test("permits: release returns every permit once, however often it is called", async () => {
  const gates = [gate(1), gate(2)];
  const permit = await acquirePermits(gates, REQUEST, undefined);
  assertEquals(gates.map((g) => g.held), [1, 1]);
  permit.release();
  permit.release();
  assertEquals(gates.map((g) => g.held), [0, 0]);
});

Deno.test("permits: nested limiters never deadlock under random aborts", async () => {
  const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 });
  // Each worker has a place in a tree of limiters: an inner one or none, within outer ones.
  const worker = fc.record({ inner: fc.nat(3), turns: fc.nat(4), abortAt: fc.option(fc.nat(30)) });
  const workers = fc.array(worker, { maxLength: 15 });
  await fc.assert(fc.asyncProperty(limits, workers, async ([outer, left, right], all) => {
    const root = gate(outer!);
    const inners = [[gate(left!), root], [gate(right!), root], [root], []];
    const gates = [root, inners[0]![0]!, inners[1]![0]!];
    const controllers = all.map(() => new AbortController());
    let clock = 0;
    const run = all.map(async ({ inner, turns }, i) => {
      try {
        const permits = await acquirePermits(inners[inner]!, REQUEST, controllers[i]!.signal);
        for (const gate of inners[inner]!) assert(gate.held >= 1 && gate.held <= gate.concurrency);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        permits.release();
      } catch (reason) {
        if (!controllers[i]!.signal.aborted) throw reason;
      }
    });
    const ended = Promise.all(run).then(() => clock = Infinity);
    // A deadlock shows as a clock that runs out.
    for (; clock < 500; clock++) {
      for (const [i, { abortAt }] of all.entries()) if (abortAt === clock) controllers[i]!.abort();
      await Promise.resolve();
    }
    assertEquals(clock, Infinity);
    await ended;
    assertEquals(gates.map((g) => g.held), [0, 0, 0]);
  }));
});

/** Logs its calls. */
class Spy extends Limiter {
  readonly log: unknown[] = [];

  constructor(readonly name: string, options = {}, readonly finds?: number) {
    super(options);
  }

  override get discoveredConcurrency(): number | undefined {
    return this.finds;
  }

  override markSent(request: typeof REQUEST): string {
    super.markSent(request);
    this.log.push("send");
    return this.name;
  }

  override applyFeedback({ outcome }: Feedback, mark: unknown): void {
    this.log.push(`feedback ${outcome} ${mark} ${this.held}`);
  }

  override cancel(request: typeof REQUEST): void {
    this.log.push("cancel");
    super.cancel(request);
  }

  override release(request: typeof REQUEST, used: number | undefined): void {
    this.log.push(`release ${used}`);
    super.release(request, used);
  }
}

Deno.test("permits: every limiter gets the feedback while its permit is held", async () => {
  const spies = [new Spy("a"), new Spy("b")];
  const permits = await acquirePermits(spies, REQUEST, undefined);
  permits.markSent();
  permits.release(7, { outcome: "ok" });
  permits.release(8, { outcome: "rejected" });
  for (const { log, name } of spies) {
    assertEquals(log, ["send", `feedback ok ${name} 1`, "release 7"]);
  }
  // An attempt that was not sent leaves no trace.
  const silent = new Spy("c");
  (await acquirePermits([silent], REQUEST, undefined)).release();
  assertEquals([silent.log, silent.held], [["cancel"], 0]);
});

Deno.test("permits: an attempt aborted while waiting is never sent", async () => {
  const spies = [new Spy("a", { concurrency: 1 }), new Spy("b", { concurrency: 1 })];
  assert(spies[1]!.tryAcquire(REQUEST));
  const controller = new AbortController();
  const waiting = acquirePermits(spies, REQUEST, controller.signal).catch((why) => why);
  await microtasks();
  controller.abort("bye");
  assertEquals(await waiting, "bye");
  assertEquals(spies.map(({ log, held }) => [log, held]), [[["cancel"], 0], [[], 1]]);
});

Deno.test("permits: report the lowest discovered concurrency", async () => {
  const found = async (...all: (number | undefined)[]) =>
    (await acquirePermits(all.map((n) => new Spy("", {}, n)), REQUEST, undefined))
      .discoveredConcurrency;
  assertEquals(await found(), undefined);
  assertEquals(await found(undefined, undefined), undefined);
  assertEquals(await found(undefined, 20, 5, undefined, 8), 5);
});

Deno.test("permits: report wait times by reason, even after an abort", async () => {
  using time = fakeTime();
  for (const ends of [false, true]) {
    const limiters = [gate(1), new Limiter({ requestsPerMinute: 60 }), new Limiter({})];
    assert(limiters[0]!.tryAcquire(REQUEST));
    while (limiters[1]!.tryAcquire(REQUEST));
    limiters[2]!.pause(5_000);
    const controller = new AbortController();
    const waited: WaitTimes = {};
    const waiting = acquirePermits(limiters, REQUEST, controller.signal, waited).catch((why) =>
      why
    );
    await time.tick(300);
    limiters[0]!.release(REQUEST, undefined);
    await time.tick(1_000);
    if (ends) await time.tick(4_000);
    controller.abort("bye");
    const result = await waiting;
    assertEquals(result === "bye", !ends);
    assertEquals(waited.concurrency, 300);
    const [requests = 0, pause = 0] = [waited.requests, waited.pause];
    assert(requests > 300 && requests < 1_000, `${requests}`);
    assertEquals(Math.round(pause + requests + 300), ends ? 5_000 : 1_300);
    assertEquals(clock().countTimers(), 0);
  }
});

Deno.test("permits: a pause that starts during a wait releases the outer permits", async () => {
  using time = fakeTime();
  const [run, model, account] = [gate(10), new Limiter({}), gate(1)];
  const limiters = [run, model, account];
  const first = await acquirePermits(limiters, REQUEST, undefined);
  const began = performance.now();
  const times: number[] = [];
  const waited: WaitTimes[] = [{}, {}];
  const others = waited.map(async (waited) => {
    const permits = await acquirePermits(limiters, REQUEST, undefined, waited);
    times.push(performance.now() - began);
    permits.release();
  });
  // Another model behind the same API key is not delayed.
  const other = acquirePermits([new Limiter({}), account], REQUEST, undefined);
  await time.tick(10);
  model.pause(1_000);
  first.release();
  (await other).release();
  await time.tick(989);
  assertEquals([times, run.held, model.held, account.held], [[], 2, 0, 0]);
  await time.tick(11);
  await Promise.all(others);
  assertEquals(times, [1_010, 1_010]);
  for (const { concurrency, pause } of waited) assertEquals([concurrency, pause], [10, 1_000]);
  assertEquals([run.held, model.held, account.held, clock().countTimers()], [0, 0, 0, 0]);
});
