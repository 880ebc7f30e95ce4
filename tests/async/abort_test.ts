import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { ChildAbort, onAbort, timeoutReason, untilAbort } from "../../src/async/abort.ts";
import { countedSignal, fakeTime, never } from "../helpers.ts";

Deno.test("onAbort: many wishes share one listener, and the last to leave takes it along", () => {
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

Deno.test("onAbort: fires at once where the signal has aborted, and each wish once", () => {
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

Deno.test("onAbort: a wish that another one takes back while they fire is not fulfilled", () => {
  const { controller, signal } = countedSignal();
  const called: string[] = [];
  onAbort(signal, () => {
    called.push("first");
    release();
    onAbort(signal, () => called.push("late"));
  });
  const release = onAbort(signal, () => called.push("taken back"));
  onAbort(signal, () => called.push("last"));
  controller.abort();
  assertEquals(called, ["first", "late", "last"]);
});

Deno.test("ChildAbort: aborts with any parent and its reason, and lets go of all of them", () => {
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

Deno.test("ChildAbort: of a parent that has aborted is aborted, and follows nobody", () => {
  const [one, two] = [countedSignal(), countedSignal()];
  one.controller.abort("bye");
  const child = new ChildAbort(one.signal, two.signal);
  assertEquals([child.signal.aborted, child.signal.reason], [true, "bye"]);
  assertEquals(two.listeners.size, 0);
});

Deno.test("ChildAbort: when it is disposed it lets go and never aborts", async () => {
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

Deno.test("ChildAbort: its time can be set again, and taken back", async () => {
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

Deno.test("ChildAbort: a time beyond what a timer can hold does not fire at once", async () => {
  using child = new ChildAbort();
  child.abortAfter(1e12, "far away");
  // Real time: a fake timer can hold any wait.
  await new Promise((resolve) => setTimeout(resolve, 20));
  assertEquals(child.signal.aborted, false);
});

Deno.test("ChildAbort: a race ends with the work or the abort, and hears the abort's own reason", async () => {
  using child = new ChildAbort();
  assertEquals(await child.race(Promise.resolve(1)), 1);
  await assertRejects(() => child.race(Promise.reject(new TypeError("mine"))), TypeError, "mine");
  // The work fails because of the abort, but the reason is what is heard.
  const work = new Promise((_, reject) => {
    child.signal.addEventListener("abort", () => reject(new Error("because of the abort")));
  });
  const race = child.race(work);
  const reason = new Error("the reason");
  child.abort(reason);
  assertStrictEquals(await race.catch((error) => error), reason);
  assertStrictEquals(await child.race(never()).catch((error) => error), reason);
});

Deno.test("untilAbort: ends with the work or the abort, and leaves no listener", async () => {
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

Deno.test("timeoutReason: looks like that of AbortSignal.timeout", () => {
  const reason = timeoutReason("late");
  assert(reason instanceof DOMException);
  assertEquals([reason.name, reason.message], ["TimeoutError", "late"]);
});
