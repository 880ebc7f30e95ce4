import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { holdTimers, Timer, type TimerOwner } from "../../src/async/timer.ts";
import { countedTimers } from "../cache/helpers.ts";
import { fakeTime } from "../helpers.ts";

/** Creates owners that record when each of them was notified. */
function owners(): { fired: [string, number][]; owner: (name: string) => TimerOwner } {
  const fired: [string, number][] = [];
  const began = performance.now();
  return {
    fired,
    owner: (name) => ({ onTimeout: () => fired.push([name, performance.now() - began]) }),
  };
}

Deno.test("Timer: fires after its delay, even if an earlier timer was cancelled", async () => {
  using time = fakeTime();
  const { fired, owner } = owners();
  const first = new Timer(100, owner("first"));
  await time.tick(30);
  new Timer(100, owner("second"));
  new Timer(40, owner("short"));
  await time.tick(30);
  first.cancel();
  first.cancel();
  await time.tick(1_000);
  assertEquals(fired, [["short", 70], ["second", 130]]);
});

Deno.test("Timer: fires on time for any order of starts and cancels", async () => {
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
        const { fired, owner } = owners();
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
        assertEquals(fired.toSorted(byName), expected.toSorted(byName));
      },
    ),
    { numRuns: 50 },
  );
});

Deno.test("Timer: timers of equal delay share one timer of the runtime", () => {
  using timers = countedTimers();
  const owner: TimerOwner = { onTimeout() {} };
  const all = Array.from({ length: 100 }, () => new Timer(60_000, owner));
  for (const timer of all) timer.cancel();
  assertEquals(timers.set, 1);
  // One after another, each sets its own runtime timer, unless timers are held.
  for (let i = 0; i < 5; i++) new Timer(60_000, owner).cancel();
  assertEquals(timers.set, 6);
  const release = holdTimers();
  for (let i = 0; i < 5; i++) new Timer(60_000, owner).cancel();
  assertEquals(timers.set, 7);
  release();
  release();
  // The sanitizers fail the test if a timer is left.
});

Deno.test("Timer: a timer started by a timeout joins the same queue", async () => {
  using time = fakeTime();
  const { fired, owner } = owners();
  new Timer(10, {
    onTimeout() {
      owner("first").onTimeout(10);
      new Timer(10, owner("second"));
    },
  });
  await time.tick(100);
  assertEquals(fired, [["first", 10], ["second", 20]]);
});
