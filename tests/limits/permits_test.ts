import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import type { Feedback } from "../../src/limits/feedback.ts";
import { Limiter } from "../../src/limits/limiter.ts";
import { acquirePermits, type WaitTimes } from "../../src/limits/permits.ts";
import { fakeTime } from "../helpers.ts";
import { clock, microtasks } from "./helpers.ts";

const ASK = { tokens: 0, priority: 0 };

function gate(concurrency: number): Limiter {
  return new Limiter({ concurrency });
}

Deno.test("acquireAll: an abort just after the permit was given gives it back", async () => {
  const one = gate(1);
  await one.acquire(ASK, undefined);
  const controller = new AbortController();
  const permit = acquirePermits([one], ASK, controller.signal).catch((why) => why);
  await microtasks();
  one.release(ASK, undefined);
  controller.abort("bye");
  assertEquals([await permit, one.held], ["bye", 0]);
});

Deno.test("acquireAll: gives all back once, however often it is released", async () => {
  const gates = [gate(1), gate(2)];
  const permit = await acquirePermits(gates, ASK, undefined);
  assertEquals(gates.map((g) => g.held), [1, 1]);
  permit.release();
  permit.release();
  assertEquals(gates.map((g) => g.held), [0, 0]);
});

Deno.test("acquireAll: nested gates never deadlock, and hold their limits, under random aborts", async () => {
  const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 });
  // Each worker stands somewhere in a tree of gates: an inner one of its own, or none, within outer ones.
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
        const permits = await acquirePermits(inners[inner]!, ASK, controllers[i]!.signal);
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

/** Writes down what it is told. */
class Spy extends Limiter {
  readonly log: unknown[] = [];

  constructor(readonly name: string, options = {}, readonly finds?: number) {
    super(options);
  }

  override get discoveredConcurrency(): number | undefined {
    return this.finds;
  }

  override markSent(ask: typeof ASK): string {
    super.markSent(ask);
    this.log.push("send");
    return this.name;
  }

  override applyFeedback({ outcome: heard }: Feedback, mark: unknown): void {
    this.log.push(`hear ${heard} ${mark} ${this.held}`);
  }

  override cancel(ask: typeof ASK): void {
    this.log.push("cancel");
    super.cancel(ask);
  }

  override release(ask: typeof ASK, used: number | undefined): void {
    this.log.push(`release ${used}`);
    super.release(ask, used);
  }
}

Deno.test("acquireAll: each limiter is told that it goes out, and hears the answer while the permit is held", async () => {
  const spies = [new Spy("a"), new Spy("b")];
  const permits = await acquirePermits(spies, ASK, undefined);
  permits.markSent();
  permits.release(7, { outcome: "ok" });
  permits.release(8, { outcome: "rejected" });
  for (const { log, name } of spies) assertEquals(log, ["send", `hear ok ${name} 1`, "release 7"]);
  // What did not go out is as if it had never been there.
  const silent = new Spy("c");
  (await acquirePermits([silent], ASK, undefined)).release();
  assertEquals([silent.log, silent.held], [["cancel"], 0]);
});

Deno.test("acquireAll: nothing goes out of what is aborted while it waits, and all is given back", async () => {
  const spies = [new Spy("a", { concurrency: 1 }), new Spy("b", { concurrency: 1 })];
  assert(spies[1]!.tryAcquire(ASK));
  const controller = new AbortController();
  const waiting = acquirePermits(spies, ASK, controller.signal).catch((why) => why);
  await microtasks();
  controller.abort("bye");
  assertEquals(await waiting, "bye");
  assertEquals(spies.map(({ log, held }) => [log, held]), [[["cancel"], 0], [[], 1]]);
});

Deno.test("acquireAll: the least that was found is told", async () => {
  const found = async (...all: (number | undefined)[]) =>
    (await acquirePermits(all.map((n) => new Spy("", {}, n)), ASK, undefined))
      .discoveredConcurrency;
  assertEquals(await found(), undefined);
  assertEquals(await found(undefined, undefined), undefined);
  assertEquals(await found(undefined, 20, 5, undefined, 8), 5);
});

Deno.test("acquireAll: the wait is told by its reasons, also if it was aborted", async () => {
  using time = fakeTime();
  for (const ends of [false, true]) {
    const limiters = [gate(1), new Limiter({ requestsPerMinute: 60 }), new Limiter({})];
    assert(limiters[0]!.tryAcquire(ASK));
    while (limiters[1]!.tryAcquire(ASK));
    limiters[2]!.pause(5_000);
    const controller = new AbortController();
    const waited: WaitTimes = {};
    const waiting = acquirePermits(limiters, ASK, controller.signal, waited).catch((why) => why);
    await time.tick(300);
    limiters[0]!.release(ASK, undefined);
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

Deno.test("acquireAll: who waits for an outer permit when a pause begins waits for its end, too, and holds nothing outside meanwhile", async () => {
  using time = fakeTime();
  const [run, model, account] = [gate(10), new Limiter({}), gate(1)];
  const limiters = [run, model, account];
  const first = await acquirePermits(limiters, ASK, undefined);
  const began = performance.now();
  const times: number[] = [];
  const waited: WaitTimes[] = [{}, {}];
  const others = waited.map(async (waited) => {
    const permits = await acquirePermits(limiters, ASK, undefined, waited);
    times.push(performance.now() - began);
    permits.release();
  });
  // Another model behind the same key is not held up by those that wait.
  const other = acquirePermits([new Limiter({}), account], ASK, undefined);
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
