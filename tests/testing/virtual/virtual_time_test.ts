import { virtualTime, type VirtualTimeOptions } from "@shoal/agents/testing";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { delay } from "@std/async/delay";
import FakeTimers from "@sinonjs/fake-timers";
import fc from "fast-check";
import { AsyncLocalStorage } from "node:async_hooks";
import { setTimeout as realTimeout } from "node:timers";
import { never } from "../../helpers.ts";
import { runtime } from "../../runtime.ts";

/** The current values of what virtual time replaces. */
function globals(): (PropertyDescriptor | undefined)[] {
  const of = (owner: object, name: string) => Object.getOwnPropertyDescriptor(owner, name);
  return [
    ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"].map((name) =>
      of(globalThis, name)
    ),
    of(performance, "now"),
    of(AbortSignal, "timeout"),
    of(Math, "random"),
  ];
}

const untouched = globals();
const sleep = (ms?: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

Deno.test("virtual time: an hour passes at once, and real time is restored", async () => {
  const began = performance.now();
  const time = virtualTime();
  const result = await time.run(async () => {
    const [date, now] = [Date.now(), performance.now()];
    await sleep(3_600_000);
    assertEquals([Date.now() - date, performance.now() - now], [3_600_000, 3_600_000]);
    return "done";
  });
  assertEquals([result, time.now, time.pending], ["done", 3_600_000, 0]);
  assert(performance.now() - began < 60_000);
  assertEquals(globals(), untouched);
});

Deno.test("virtual time: real time is restored whatever happens", async () => {
  const error = new Error("mine");
  const fails: [() => unknown, unknown][] = [
    [() => Promise.reject(error), error],
    [() => {
      throw error;
    }, error],
    [async () => {
      setTimeout(() => {
        throw error;
      }, 5);
      await sleep(10);
    }, error],
    [async () => {
      await sleep(10);
      throw undefined;
    }, undefined],
  ];
  for (const [work, thrown] of fails) {
    const reason = await virtualTime().run(work).then(() => assert(false), (reason) => reason);
    assertStrictEquals(reason, thrown);
    assertEquals(globals(), untouched);
  }
  {
    using _time = virtualTime({ seed: 1 });
    assert(globals().every((now, i) => now!.value !== untouched[i]?.value));
  }
  assertEquals(globals(), untouched);
  assertEquals(await virtualTime().run(() => 5), 5);
});

Deno.test("virtual time: timers fire by due time, then in the order they were set", async () => {
  const seen: string[] = [];
  await virtualTime().run(async () => {
    for (const [ms, name] of [[30, "d"], [10, "a"], [30, "e"], [10, "b"], [20, "c"]] as const) {
      setTimeout(() => seen.push(`${name}${performance.now() - began}`), ms);
    }
    const began = performance.now();
    await sleep(30);
  });
  assertEquals(seen, ["a10", "b10", "c20", "d30", "e30"]);
});

Deno.test("virtual time: the order holds when timers set and clear timers", async () => {
  const plan = fc.array(
    fc.record({
      ms: fc.integer({ min: 0, max: 12 }),
      /** The timers that it sets when it fires. */
      sets: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
      /** The timer that it clears when it fires. */
      clears: fc.option(fc.nat(80), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 40 },
  );
  await fc.assert(
    fc.asyncProperty(plan, async (timers) => {
      const real: [id: number, at: number][] = [];
      const time = virtualTime();
      await time.run(async () => {
        const handles: ReturnType<typeof setTimeout>[] = [];
        const set = (ms: number, then?: (typeof timers)[number]) => {
          const id = handles.length;
          handles.push(setTimeout(() => {
            real.push([id, time.now]);
            if (then?.clears !== undefined) clearTimeout(handles[then.clears]);
            for (const ms of then?.sets ?? []) set(ms);
          }, ms));
        };
        for (const timer of timers) set(timer.ms, timer);
        await sleep(100);
      });

      // A naive model: search for the first timer each time.
      const expected: typeof real = [];
      const waiting: { id: number; due: number; then?: (typeof timers)[number] }[] = [];
      let [ids, now] = [0, 0];
      const set = (ms: number, then?: (typeof timers)[number]) =>
        waiting.push({ id: ids++, due: now + Math.max(ms, 1), then });
      for (const timer of timers) set(timer.ms, timer);
      while (waiting.length > 0) {
        const next = waiting.reduce((a, b) => b.due < a.due ? b : a);
        waiting.splice(waiting.indexOf(next), 1);
        now = next.due;
        expected.push([next.id, now]);
        const cleared = waiting.findIndex(({ id }) => id === next.then?.clears);
        if (cleared >= 0) waiting.splice(cleared, 1);
        for (const ms of next.then?.sets ?? []) set(ms);
      }
      assertEquals(real, expected);
      assertEquals(time.pending, 0);
    }),
    { numRuns: 200 },
  );
});

Deno.test("virtual time: many cleared timers do not change the order", async () => {
  const seen: number[] = [];
  const time = virtualTime();
  await time.run(async () => {
    for (let i = 0; i < 20_000; i++) {
      const far = setTimeout(() => seen.push(-1), 300_000 + i);
      if (i % 1000 === 0) setTimeout(() => seen.push(i), 30_000 - i);
      clearTimeout(far);
    }
    await sleep(30_001);
    assertEquals(time.pending, 0);
  });
  assertEquals(seen, Array.from({ length: 20 }, (_, i) => 19_000 - i * 1000));
});

Deno.test("virtual time: clears a timer by object, number or a simultaneous timer", async () => {
  const seen: string[] = [];
  await virtualTime().run(async () => {
    clearTimeout(setTimeout(() => seen.push("object"), 5));
    clearTimeout(+setTimeout(() => seen.push("number"), 5));
    clearTimeout(`${setTimeout(() => seen.push("text"), 5)}` as unknown as number);
    clearInterval(setTimeout(() => seen.push("interval"), 5));
    const later = () => clearTimeout(same);
    // A promise reaction runs before the next timer fires.
    setTimeout(() => Promise.resolve().then(() => Promise.resolve()).then(later), 7);
    const same = setTimeout(() => seen.push("same"), 7);
    const fired = setTimeout(() => seen.push("fired"), 1);
    await sleep(8);
    for (const what of [fired, undefined, null, NaN, {}, 123456789]) clearTimeout(what as number);
    await sleep(1);
  });
  assertEquals(seen, ["fired"]);
});

Deno.test("virtual time: intervals repeat until they are cleared", async () => {
  const seen: number[] = [];
  const time = virtualTime();
  await time.run(async () => {
    const every = setInterval(
      (by: number) => {
        seen.push(time.now * by);
        if (time.now === 30) clearInterval(every);
      },
      10,
      2,
    );
    const other = setInterval(() => seen.push(-time.now), 15);
    await sleep(50);
    clearInterval(+other);
    await sleep(50);
  });
  assertEquals(seen, [20, -15, 40, -30, 60, -45]);
});

Deno.test("virtual time: intervals and a timer due together keep their order", async () => {
  const seen: string[] = [];
  await virtualTime().run(async () => {
    const a = setInterval(() => seen.push("a"), 10);
    const b = setInterval(() => seen.push("b"), 10);
    await sleep(35);
    clearInterval(a);
    clearInterval(b);
  });
  assertEquals(seen.join(""), "ababab");
});

Deno.test("virtual time: as in Deno, a timer takes whole milliseconds, at least 1", async () => {
  const time = virtualTime();
  await time.run(async () => {
    const delays = [0, -5, 0.5, 1.9, undefined, NaN, Infinity, 2 ** 31, "7" as unknown as number];
    const took: number[] = [];
    for (const ms of delays) {
      const began = time.now;
      await sleep(ms);
      took.push(time.now - began);
    }
    assertEquals(took, [1, 1, 1, 1, 1, 1, 1, 1, 7]);
  });
  using _time = virtualTime();
  assertThrows(() => setTimeout("x" as never, 1), TypeError, "Cannot set a timer as its callback");
});

Deno.test("virtual time: timers have the interface of Deno's", async () => {
  await virtualTime().run(async () => {
    const seen: unknown[] = [];
    const timer = setTimeout((...args: unknown[]) => seen.push(...args), 5, "a", 2);
    assert(Number.isInteger(+timer) && +timer > 1e9 && +timer < 2 ** 31);
    if (runtime === "deno") {
      Deno.unrefTimer(+timer);
      Deno.refTimer(+timer);
      Deno.unrefTimer(timer);
    }
    const like = timer as unknown as {
      ref(): unknown;
      unref(): unknown;
      hasRef(): boolean;
      refresh(): unknown;
      close(): unknown;
      [Symbol.dispose](): void;
    };
    assertEquals([like.ref(), like.unref(), like.hasRef()], [timer, timer, true]);
    await sleep(4);
    like.refresh();
    await sleep(4);
    assertEquals(seen, []);
    await sleep(1);
    assertEquals(seen, ["a", 2]);
    for (const end of ["close", Symbol.dispose] as const) {
      const never = setTimeout(() => assert(false), 1) as unknown as typeof like;
      never[end]();
    }
    await sleep(1);
  });
});

Deno.test("virtual time: Date follows the clock", async () => {
  const RealDate = Date;
  const old = new Date(0);
  const time = virtualTime({ date: Date.UTC(2030, 0, 1) });
  await time.run(async () => {
    await sleep(90_000);
    const date = new Date();
    assertEquals(date.toISOString(), "2030-01-01T00:01:30.000Z");
    assertEquals([Date.now(), +date], [Date.UTC(2030, 0, 1, 0, 1, 30), Date.now()]);
    assertEquals((Date as unknown as () => string)(), date.toString());
    assertEquals([+new Date(5), +new Date("1970-01-02"), +new Date(1970, 0, 1, 0, 0, 3) % 60_000], [
      5,
      86_400_000,
      3_000,
    ]);
    assertEquals(Date.parse("1970-01-02"), 86_400_000);
    for (const one of [date, old]) {
      assertInstanceOf(one, Date);
      assertInstanceOf(one, RealDate);
    }
    class Mine extends Date {}
    assertInstanceOf(new Mine(), Mine);
    assertEquals([+new Mine(), +new Mine(7)], [Date.now(), 7]);
  });
  const real = RealDate.now();
  const began = virtualTime();
  assert(Math.abs(Date.now() - real) < 60_000);
  began[Symbol.dispose]();
});

Deno.test("virtual time: performance.now never goes back between virtual times", async () => {
  const seen = [performance.now()];
  for (let i = 0; i < 3; i++) {
    const time = virtualTime();
    await time.run(async () => {
      seen.push(performance.now());
      await sleep(1_000_000);
      seen.push(performance.now());
    });
  }
  assertEquals(seen, seen.toSorted((a, b) => a - b));
});

Deno.test("virtual time: supports std's delay, AbortSignal.timeout and long delays", async () => {
  const time = virtualTime({ maxDuration: Infinity });
  await time.run(async () => {
    await delay(2 ** 32);
    assertEquals(time.now, 2 ** 32);
    const signal = AbortSignal.timeout(500);
    const reason = await delay(1_000, { signal }).catch((reason) => reason);
    assertEquals([time.now, reason.name], [2 ** 32 + 500, "TimeoutError"]);
    const controller = new AbortController();
    const waiting = delay(1_000, { signal: controller.signal }).catch((reason) => reason);
    controller.abort("enough");
    assertEquals([await waiting, time.pending], ["enough", 0]);
  });
});

Deno.test("virtual time: the clock waits for all work without timers", async () => {
  const time = virtualTime();
  await time.run(async () => {
    setTimeout(() => {}, 1);
    let steps = 0;
    async function* chain() {
      for (; steps < 20_000; steps++) yield await Promise.resolve(steps);
    }
    for await (const _ of chain());
    await new Response("x".repeat(100_000)).text();
    await new Promise<void>((resolve) => queueMicrotask(resolve));
    assertEquals([steps, time.now], [20_000, 0]);
  });
});

Deno.test("virtual time: a callback runs in the async context of its timer", async () => {
  const storage = new AsyncLocalStorage<string>();
  const seen: unknown[] = [];
  const note = () => seen.push(storage.getStore());
  await virtualTime().run(async () => {
    storage.run("a", () => setTimeout(note, 1));
    storage.run("b", () => setTimeout(note, 1));
    const every = storage.run("c", () => setInterval(note, 2));
    setTimeout(note, 4);
    await storage.run("d", async () => {
      await sleep(5);
      note();
    });
    clearInterval(every);
  });
  assertEquals(seen, ["a", "b", "c", undefined, "c", "d"]);
});

Deno.test("virtual time: fails when nothing is left to wait for", async () => {
  const deadlocks = [never, async () => {
    await sleep(5);
    await never();
  }];
  for (const work of deadlocks) {
    const error = await assertRejects(() => virtualTime({ patience: 20 }).run(work), Error);
    assertEquals(
      error.message,
      "Cannot go on in virtual time as nothing is left to wait for: " +
        "the work waits for a promise that never settles, or for a socket or a timer that is real",
    );
    assertEquals(globals(), untouched);
  }
});

Deno.test("virtual time: waits for real work when no timer is left", async () => {
  const time = virtualTime({ patience: 60_000 });
  await time.run(async () => {
    await new Promise<void>((resolve) => realTimeout(resolve, 30));
    await sleep(5);
    await new Promise<void>((resolve) => realTimeout(resolve, 30));
  });
  assertEquals(time.now, 5);
});

Deno.test("virtual time: work that does not end fails after maxDuration", async () => {
  for (const maxDuration of [0, 10_000]) {
    const time = virtualTime({ maxDuration: maxDuration });
    const work = async () => {
      setInterval(() => {}, 100);
      await never();
    };
    await assertRejects(
      () => time.run(work),
      Error,
      `the work has not ended after ${maxDuration} virtual milliseconds`,
    );
    assertEquals([time.now, time.pending], [maxDuration, 0]);
  }
  assertEquals(
    await virtualTime({ maxDuration: 5 }).run(() => sleep(5).then(() => "just")),
    "just",
  );
});

Deno.test("virtual time: leftover timers do not fire when it is over", async () => {
  let fired = 0;
  const time = virtualTime();
  await time.run(() => {
    setTimeout(() => fired++, 1);
    setInterval(() => fired++, 1);
  });
  assertEquals([fired, time.pending], [0, 0]);
  await virtualTime().run(() => sleep(10));
  assertEquals(fired, 0);
});

Deno.test("virtual time: tick advances step by step", async () => {
  using time = virtualTime();
  const seen: number[] = [];
  (async () => {
    for (;;) {
      await sleep(10);
      seen.push(time.now);
    }
  })();
  await time.tick(9);
  assertEquals([seen, time.now], [[], 9]);
  await time.tick(1);
  assertEquals([seen, time.now], [[10], 10]);
  await time.tick(25);
  assertEquals([seen, time.now, time.pending], [[10, 20, 30], 35, 1]);
  await time.tick(0);
  assertEquals(time.now, 35);

  let over = false;
  sleep(3).then(() => over = true);
  setTimeout(() => {
    throw new RangeError("mine");
  }, 2);
  await assertRejects(() => time.tick(5), RangeError, "mine");
  assertEquals([time.now, over], [37, false]);
  await time.tick(1);
  assertEquals([time.now, over], [38, true]);
});

Deno.test("virtual time: only one is active, and each runs once", async () => {
  const other = "Cannot begin virtual time as another one has not ended";
  {
    using time = virtualTime();
    assertThrows(() => virtualTime(), Error, other);
    const tick = time.tick(5);
    await assertRejects(() => time.tick(1), Error, "Cannot tick as the clock is already running");
    await assertRejects(
      () => time.run(never),
      Error,
      "Cannot run in virtual time as the clock is already running",
    );
    await tick;
    await time.run(async () => {
      assertThrows(() => virtualTime(), Error, other);
      await assertRejects(() => time.tick(1), Error, "Cannot tick as the clock is already running");
    });
    assertEquals(globals(), untouched);
    await assertRejects(() => time.tick(1), Error, "Cannot tick as this virtual time is over");
    await assertRejects(() => time.run(never), Error, "as this virtual time is over");
  }
  assertEquals(globals(), untouched);
  // Sinon does not restore exactly what it replaced.
  const found = Object.getOwnPropertyDescriptor(globalThis, "setTimeout")!;
  const clock = FakeTimers.install({ toFake: ["setTimeout"] });
  try {
    assertThrows(() => virtualTime(), Error, other);
  } finally {
    clock.uninstall();
    Object.defineProperty(globalThis, "setTimeout", found);
  }
});

Deno.test("virtual time: a seed makes Math.random repeatable", async () => {
  const draw = () => virtualTime({ seed: 7 }).run(() => [Math.random(), Math.random()]);
  const [one, two] = [await draw(), await draw()];
  assertEquals(one, two);
  assert(one[0] !== one[1] && one.every((chance) => chance >= 0 && chance < 1));
  assertEquals(await virtualTime().run(() => Math.random), Math.random);
});

Deno.test("virtual time: clears a real timer that was set before", async () => {
  const timer = setTimeout(() => assert(false), 20);
  await virtualTime().run(() => clearTimeout(timer));
  await sleep(30);
});

Deno.test("virtual time: rejects invalid options at once", () => {
  const cases: [options: unknown, message: string][] = [
    [
      { maxDuration: -1 },
      "Cannot begin virtual time as maxDuration must be milliseconds, 0 or more",
    ],
    [{ patience: Infinity }, "patience must be a number of milliseconds"],
    [{ seed: 0.5 }, "seed must be a whole number"],
    [{ date: "today" }, "date must be milliseconds since 1970: current value is a text"],
    [{ maxDuratoin: 5 }, 'there is no option "maxDuratoin": did you mean "maxDuration"?'],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => virtualTime(options as VirtualTimeOptions), Error, message);
  }
  assertEquals(globals(), untouched);
});

Deno.test("virtual time: run requires a function, tick a time", async () => {
  using time = virtualTime();
  await assertRejects(() => time.run(5 as never), TypeError, "the work must be a function");
  await assertRejects(() => time.tick(-1), RangeError, "the time must be a number of milliseconds");
  await time.tick(1);
});
