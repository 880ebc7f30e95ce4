import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Limiter } from "../../src/limits/limiter.ts";
import { acquireAll } from "../../src/limits/permits.ts";
import { microtasks } from "./helpers.ts";

const ASK = { tokens: 0, priority: 0 };

function gate(concurrency: number): Limiter {
  return new Limiter({ concurrency });
}

Deno.test("acquireAll: an abort just after the permit was given gives it back", async () => {
  const one = gate(1);
  await one.acquire(ASK, undefined);
  const controller = new AbortController();
  const permit = acquireAll([one], ASK, controller.signal).catch((why) => why);
  await microtasks();
  one.release(ASK, undefined);
  controller.abort("bye");
  assertEquals([await permit, one.held], ["bye", 0]);
});

Deno.test("acquireAll: gives all back once, however often it is released", async () => {
  const gates = [gate(1), gate(2)];
  const permit = await acquireAll(gates, ASK, undefined);
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
        const permits = await acquireAll(inners[inner]!, ASK, controllers[i]!.signal);
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
