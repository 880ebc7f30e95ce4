import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ChildAbort, onAbort, timeoutReason, untilAbort } from "../../src/async/abort.ts";
import { countedSignal, fakeTime, never } from "../helpers.ts";

Deno.test("onAbort: callbacks share one listener, which is removed with the last of them", () => {
  const { controller, signal, listeners } = countedSignal();
  const called: number[] = [];
  const release = [0, 1, 2].map((n) => onAbort(signal, () => called.push(n)));
  assertEquals(listeners.size, 1);
  release[1]!();
  release[1]!();
  assertEquals(listeners.size, 1);
  release[0]!();
  release[2]!();
  assertEquals(listeners.size, 0);
  onAbort(signal, () => called.push(3));
  assertEquals(listeners.size, 1);
  controller.abort();
  assertEquals([called, listeners.size], [[3], 0]);
});

Deno.test("onAbort: calls each callback once, and at once if the signal has aborted", () => {
  const { controller, signal, listeners } = countedSignal();
  let called = 0;
  const release = onAbort(signal, () => called++);
  controller.abort();
  controller.abort();
  release();
  assertEquals(called, 1);
  onAbort(signal, () => called++)();
  assertEquals([called, listeners.size], [2, 0]);
});

Deno.test("onAbort: skips a callback that another callback removes during the abort", () => {
  const { controller, signal } = countedSignal();
  const called: string[] = [];
  onAbort(signal, () => {
    called.push("first");
    release();
    onAbort(signal, () => called.push("late"));
  });
  const release = onAbort(signal, () => called.push("removed"));
  onAbort(signal, () => called.push("last"));
  controller.abort();
  assertEquals(called, ["first", "late", "last"]);
});

Deno.test("ChildAbort: aborts with the reason of either parent, and releases both", () => {
  const [one, two] = [countedSignal(), countedSignal()];
  const child = new ChildAbort(one.signal, two.signal);
  assertEquals([one.listeners.size, two.listeners.size], [1, 1]);
  const reason = new Error("enough");
  two.controller.abort(reason);
  assertStrictEquals(child.signal.reason, reason);
  assertEquals([one.listeners.size, two.listeners.size], [0, 0]);
  one.controller.abort();
  assertStrictEquals(child.signal.reason, reason);
});

Deno.test("ChildAbort: is aborted from the start if a parent has aborted", () => {
  const [one, two] = [countedSignal(), countedSignal()];
  one.controller.abort("bye");
  const child = new ChildAbort(one.signal, two.signal);
  assertEquals([child.signal.aborted, child.signal.reason], [true, "bye"]);
  assertEquals(two.listeners.size, 0);
});

Deno.test("ChildAbort: never aborts once it is disposed", async () => {
  using time = fakeTime();
  const parent = countedSignal();
  let signal: AbortSignal;
  {
    using child = new ChildAbort(parent.signal);
    child.abortAfter(100, "too late");
    signal = child.signal;
  }
  assertEquals(parent.listeners.size, 0);
  parent.controller.abort();
  await time.tick(1000);
  assertEquals(signal.aborted, false);
});

Deno.test("ChildAbort: replaces and removes its time limit", async () => {
  using time = fakeTime();
  using child = new ChildAbort();
  child.abortAfter(100, "a");
  await time.tick(99);
  child.abortAfter(100, "b");
  await time.tick(99);
  child.abortAfter(undefined, "");
  await time.tick(1000);
  assertEquals(child.signal.aborted, false);
  child.abortAfter(1, "c");
  await time.tick(1);
  assertEquals(child.signal.reason.name, "TimeoutError");
  assertEquals(child.signal.reason.message, "c within 1 ms");
});

Deno.test("ChildAbort: a limit above the maximum timer delay does not fire at once", async () => {
  using child = new ChildAbort();
  child.abortAfter(1e12, "far away");
  // Real time: fake timers have no maximum delay.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(child.signal.aborted, false);
});

Deno.test("ChildAbort: race settles with the work, or rejects with the abort reason", async () => {
  using child = new ChildAbort();
  assertEquals(await child.race(Promise.resolve(1)), 1);
  await assertRejects(() => child.race(Promise.reject(new TypeError("mine"))), TypeError, "mine");
  // The abort makes the work fail, but the race rejects with the reason.
  const work = new Promise((_, reject) => {
    child.signal.addEventListener("abort", () => reject(new Error("because of the abort")));
  });
  const race = child.race(work);
  const reason = new Error("the reason");
  child.abort(reason);
  assertStrictEquals(await race.catch((error) => error), reason);
  assertStrictEquals(await child.race(never()).catch((error) => error), reason);
});

Deno.test("untilAbort: settles with the work or the abort, and leaves no listener", async () => {
  const { controller, signal, listeners } = countedSignal();
  assertEquals(await untilAbort(Promise.resolve("x"), signal), "x");
  await assertRejects(() => untilAbort(Promise.reject(new Error("mine")), signal), Error, "mine");
  assertEquals(listeners.size, 0);
  const waiting = untilAbort(never(), signal);
  assertEquals(listeners.size, 1);
  controller.abort("bye");
  assertEquals(await waiting.catch((reason) => reason), "bye");
  assertEquals(listeners.size, 0);
  assertEquals(await untilAbort(never(), signal).catch((reason) => reason), "bye");
});

Deno.test("timeoutReason: has the shape of the reason of AbortSignal.timeout", () => {
  const reason = timeoutReason("late");
  assert(reason instanceof DOMException);
  assertEquals([reason.name, reason.message], ["TimeoutError", "late"]);
});
