/** Tests what the dashboard keeps in memory: that it is right, and bounded. */
import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  formatCount,
  formatDollars,
  formatDuration,
  formatPercent,
  formatRate,
} from "../../../src/hono/dashboard/format.ts";
import { CallHistory, SLOT_MS } from "../../../src/hono/dashboard/history.ts";
import { RingBuffer } from "../../../src/hono/dashboard/ring_buffer.ts";
import { MemorySessions } from "../../../src/hono/dashboard/sessions/memory_sessions.ts";
import { MetricsRecorder } from "../../../src/hono/dashboard/metrics_recorder.ts";
import { Activity } from "../../../src/hono/activity.ts";

Deno.test("the history counts by slots, including empty ones", () => {
  let now = 1_000_000;
  const history = new CallHistory(() => now);
  history.begin();
  history.begin();
  history.end({ tokens: 10, cost: 0.5 });
  now += 3 * SLOT_MS;
  history.end({ tokens: 1, cost: 0 });
  const last = history.slots.slice(-5).map(({ ended, inFlight, tokens }) => [
    ended,
    inFlight,
    tokens,
  ]);
  assertEquals(last, [[0, 0, 0], [1, 2, 10], [0, 1, 0], [0, 1, 0], [1, 1, 1]]);
  now += 1e9;
  assertEquals(history.slots.length, 60);
  assertEquals(history.slots.reduce((sum, { ended, inFlight }) => sum + ended + inFlight, 0), 0);
});

Deno.test("a ring buffer keeps the latest items in order", () => {
  fc.assert(fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 9 }), (items, capacity) => {
    const buffer = new RingBuffer<number>(capacity);
    for (const item of items) buffer.add(item);
    assertEquals(buffer.items, items.slice(-capacity));
  }));
});

Deno.test("sessions in memory expire after 12 hours and are limited in number", () => {
  const sessions = new MemorySessions();
  const first = sessions.begin("a", 0);
  assertEquals(sessions.token(first, 12 * 3_600_000 - 1), "a");
  assertEquals(sessions.token(first, 12 * 3_600_000), undefined);
  assertEquals(sessions.token(first, 0), undefined, "it stays ended");
  const second = sessions.begin("b");
  for (let i = 0; i < 1_000; i++) sessions.begin("c");
  assertEquals(sessions.token(second), undefined);
  assertEquals(sessions.token(undefined), undefined);
  assertEquals(sessions.token(""), undefined);
});

Deno.test("the recorder's memory does not grow with the number of runs", () => {
  const activity = new Activity(["a"]);
  const recorder = new MetricsRecorder(activity);
  for (let i = 0; i < 150; i++) {
    const id = `run-${i}`;
    activity.beginRun({ id, kind: "batch", principal: "p", total: 60 });
    for (let call = 0; call < 60; call++) activity.beginCall("a", id)(undefined);
    assertEquals(recorder.run(id)?.run.done, 60);
    activity.endRun(id);
  }
  assertEquals(recorder.ended.length, 100);
  assertEquals(recorder.ended[0]?.run.id, "run-149");
  assertEquals(recorder.run("run-49"), undefined);
  const last = recorder.run("run-149")!;
  assertEquals([last.calls.items.length, last.run.failed, last.run.done], [50, 60, 60]);
  assertEquals(last.calls.items[0]?.code, "internal");
  assertEquals(recorder.durationsOf("a").length, 500);
  assertEquals(recorder.durationsOf("b"), []);
});

Deno.test("formats figures briefly and never rounds up to 100 %", () => {
  assertEquals([0, 999, 12_345, 123_456, 1e7].map(formatCount), [
    "0",
    "999",
    "12,345",
    "123.5K",
    "10M",
  ]);
  assertEquals([0.04, 0.25, 9.94, 12.3].map(formatRate), ["0", "0.3", "9.9", "12"]);
  assertEquals([0, 1e-9, 0.00123, 1.239, 12].map(formatDollars), [
    "$0",
    "<$0.0001",
    "$0.0012",
    "$1.24",
    "$12.00",
  ]);
  assertEquals([0, 999, 1_234, 59_000, 61_000, 3_700_000].map(formatDuration), [
    "0 ms",
    "999 ms",
    "1.2 s",
    "59 s",
    "1 min 1 s",
    "1 h 1 min",
  ]);
  assertEquals([0, 0.5, 0.99999, 1].map(formatPercent), ["0 %", "50 %", "99.9 %", "100 %"]);
});
