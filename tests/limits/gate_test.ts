import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { acquireAll, Gate } from "../../src/limits/gate.ts";

/** Lets everything happen that needs no timer. */
async function microtasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("gate: so many at once, the others in the order in which they came", async () => {
  const gate = new Gate(2);
  const admitted: number[] = [];
  const all = [0, 1, 2, 3, 4].map((n) => gate.acquire(undefined).then(() => admitted.push(n)));
  await microtasks();
  assertEquals([admitted, gate.held], [[0, 1], 2]);
  gate.release();
  await microtasks();
  assertEquals([admitted, gate.held], [[0, 1, 2], 2]);
  for (let i = 0; i < 4; i++) gate.release();
  await Promise.all(all);
  assertEquals([admitted, gate.held], [[0, 1, 2, 3, 4], 0]);
});

Deno.test("gate: nobody overtakes those who wait", async () => {
  const gate = new Gate(1);
  assert(gate.tryAcquire());
  const waiting = gate.acquire(undefined);
  assertEquals(gate.tryAcquire(), false);
  gate.release();
  // The permit has gone to the one who waits, so none is free.
  assertEquals([gate.tryAcquire(), gate.held], [false, 1]);
  await waiting;
  gate.release();
  assert(gate.tryAcquire());
  gate.release();
});

Deno.test("gate: an abort takes the one who waits out of the line, wherever he stands", async () => {
  for (const leaver of [0, 1, 2]) {
    const gate = new Gate(1);
    await gate.acquire(undefined);
    const controllers = [0, 1, 2].map(() => new AbortController());
    const outcomes: string[] = [];
    for (const [n, { signal }] of controllers.entries()) {
      gate.acquire(signal).then(
        () => outcomes.push(`in ${n}`),
        (why) => outcomes.push(`${why} ${n}`),
      );
    }
    controllers[leaver]!.abort("out");
    await microtasks();
    for (let i = 0; i < 3; i++) {
      gate.release();
      await microtasks();
    }
    const others = [0, 1, 2].filter((n) => n !== leaver).map((n) => `in ${n}`);
    assertEquals(outcomes, [`out ${leaver}`, ...others]);
    assertEquals(gate.held, 0);
  }
});

Deno.test("gate: a signal that has aborted gets no permit, even if one is free", async () => {
  const gate = new Gate(1);
  assertEquals(await gate.acquire(AbortSignal.abort("bye")).catch((why) => why), "bye");
  assertEquals(await acquireAll([gate], AbortSignal.abort("bye")).catch((why) => why), "bye");
  assertEquals(await acquireAll([], AbortSignal.abort("bye")).catch((why) => why), "bye");
  assertEquals(gate.held, 0);
});

Deno.test("gate: a permit that is given back while all are aborted is not lost", async () => {
  const gate = new Gate(1);
  await gate.acquire(undefined);
  const controller = new AbortController();
  const outcomes: string[] = [];
  const wait = () =>
    gate.acquire(controller.signal).then(() => {
      outcomes.push("in");
      gate.release();
    }, () => outcomes.push("out"));
  const first = wait();
  // Between the aborts of the others the holder lets go.
  controller.signal.addEventListener("abort", () => gate.release());
  const others = [wait(), wait()];
  controller.abort();
  await Promise.all([first, ...others]);
  assertEquals(outcomes, ["out", "out", "out"]);
  assertEquals(gate.held, 0);
  assert(gate.tryAcquire());
});

Deno.test("acquireAll: an abort just after the permit was given gives it back", async () => {
  const gate = new Gate(1);
  await gate.acquire(undefined);
  const controller = new AbortController();
  const permit = acquireAll([gate], controller.signal).catch((why) => why);
  await microtasks();
  gate.release();
  controller.abort("bye");
  assertEquals([await permit, gate.held], ["bye", 0]);
});

Deno.test("acquireAll: gives all back once, however often it is disposed", async () => {
  const gates = [new Gate(1), new Gate(2)];
  const permit = await acquireAll(gates, undefined);
  assertEquals(gates.map((g) => g.held), [1, 1]);
  permit[Symbol.dispose]();
  permit[Symbol.dispose]();
  assertEquals(gates.map((g) => g.held), [0, 0]);
});

const step = fc.record({
  kind: fc.constantFrom("acquire", "acquire", "acquire", "release", "abort", "abort"),
  which: fc.nat(20),
});
const steps = fc.array(step, { maxLength: 50, size: "max" });

Deno.test("gate: under any order of events it is never above its limit, fair, and loses no permit", async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (limit, steps) => {
      const gate = new Gate(limit);
      // A plain model of what must happen.
      let held = 0;
      let line: number[] = [];
      const expected: number[] = [];
      const admitted: number[] = [];
      const controllers: AbortController[] = [];
      const give = () => {
        const next = line.shift();
        if (next === undefined) held--;
        else expected.push(next);
      };
      for (const { kind, which } of steps) {
        if (kind === "acquire") {
          const n = controllers.push(new AbortController()) - 1;
          gate.acquire(controllers[n]!.signal).then(() => admitted.push(n), () => {});
          if (held < limit && line.length === 0) {
            held++;
            expected.push(n);
          } else line.push(n);
        } else if (kind === "release" && held > 0) {
          gate.release();
          give();
        } else if (kind === "abort" && controllers.length > 0) {
          const n = which % controllers.length;
          controllers[n]!.abort();
          line = line.filter((waiter) => waiter !== n);
        }
        assert(gate.held <= limit);
        assertEquals(gate.held, held);
        await microtasks();
        assertEquals(admitted, expected);
      }
      while (held > 0) {
        gate.release();
        give();
      }
      await microtasks();
      assertEquals([admitted, gate.held], [expected, 0]);
    }),
  );
});

Deno.test("acquireAll: nested gates never deadlock, and hold their limits, under random aborts", async () => {
  const limits = fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 });
  // Each worker stands somewhere in a tree of gates: an inner one of its own, or none, within outer ones.
  const worker = fc.record({ inner: fc.nat(3), turns: fc.nat(4), abortAt: fc.option(fc.nat(30)) });
  const workers = fc.array(worker, { maxLength: 15 });
  await fc.assert(fc.asyncProperty(limits, workers, async ([outer, left, right], all) => {
    const root = new Gate(outer!);
    const inners = [[new Gate(left!), root], [new Gate(right!), root], [root], []];
    const gates = [root, inners[0]![0]!, inners[1]![0]!];
    const controllers = all.map(() => new AbortController());
    let clock = 0;
    const run = all.map(async ({ inner, turns }, i) => {
      try {
        using _ = await acquireAll(inners[inner]!, controllers[i]!.signal);
        for (const gate of inners[inner]!) assert(gate.held >= 1 && gate.held <= gate.limit);
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
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
