import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { holdTimers, Timer, type TimerOwner } from "../../src/async/timer.ts";
import { countedTimers } from "../cache/helpers.ts";
import { fakeTime } from "../helpers.ts";

/** Writes down when which of them was over. */
function owners(): { over: [string, number][]; owner: (name: string) => TimerOwner } {
  const over: [string, number][] = [];
  const began = performance.now();
  return {
    over,
    owner: (name) => ({ over: () => over.push([name, performance.now() - began]) }),
  };
}

Deno.test("Timer: each is over after its own time, also where one before it was cancelled", async () => {
  using time = fakeTime();
  const { over, owner } = owners();
  const first = new Timer(100, owner("first"));
  await time.tick(30);
  new Timer(100, owner("second"));
  new Timer(40, owner("short"));
  await time.tick(30);
  first.cancel();
  first.cancel();
  await time.tick(1_000);
  assertEquals(over, [["short", 70], ["second", 130]]);
});

Deno.test("Timer: any order of beginnings and cancels keeps to each one's time", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          wait: fc.nat(20),
          ms: fc.constantFrom(10, 25, 60),
          cancelAfter: fc.option(fc.nat(80), { nil: undefined }),
        }),
        { maxLength: 30 },
      ),
      fc.boolean(),
      async (steps, held) => {
        using time = fakeTime();
        const release = held ? holdTimers() : () => {};
        const { over, owner } = owners();
        const expected: [string, number][] = [];
        const cancels: { at: number; timer: Timer }[] = [];
        let now = 0;
        const tick = async (ms: number) => {
          for (const end = now + ms; now < end;) {
            for (const { at, timer } of cancels) if (at === now) timer.cancel();
            await time.tick(1);
            now++;
          }
        };
        for (const [i, { wait, ms, cancelAfter }] of steps.entries()) {
          await tick(wait);
          const timer = new Timer(ms, owner(`${i}`));
          if (cancelAfter !== undefined) cancels.push({ at: now + cancelAfter, timer });
          if (cancelAfter === undefined || cancelAfter >= ms) expected.push([`${i}`, now + ms]);
        }
        await tick(200);
        release();
        const byName = (a: [string, number], b: [string, number]) => Number(a[0]) - Number(b[0]);
        assertEquals(over.toSorted(byName), expected.toSorted(byName));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("Timer: those with the same limit share one timer of the runtime, and nothing is left", () => {
  using timers = countedTimers();
  const nobody: TimerOwner = { over() {} };
  const all = Array.from({ length: 100 }, () => new Timer(60_000, nobody));
  for (const timer of all) timer.cancel();
  assertEquals(timers.set, 1);
  // One after another, each has its own, unless somebody holds them.
  for (let i = 0; i < 5; i++) new Timer(60_000, nobody).cancel();
  assertEquals(timers.set, 6);
  const release = holdTimers();
  for (let i = 0; i < 5; i++) new Timer(60_000, nobody).cancel();
  assertEquals(timers.set, 7);
  release();
  release();
  // The sanitizers see to it that no timer is left.
});

Deno.test("Timer: one that begins when another is over stands in the same line", async () => {
  using time = fakeTime();
  const { over, owner } = owners();
  new Timer(10, {
    over() {
      owner("first").over(10);
      new Timer(10, owner("second"));
    },
  });
  await time.tick(100);
  assertEquals(over, [["first", 10], ["second", 20]]);
});
