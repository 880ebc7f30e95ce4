/** What the dashboard remembers: true, and never more than so much. */
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

Deno.test("the history counts by slots, and those in which nothing happened are there too", () => {
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

Deno.test("the latest of anything are the latest, in their order", () => {
  fc.assert(fc.property(fc.array(fc.nat()), fc.integer({ min: 1, max: 9 }), (items, most) => {
    const recent = new RingBuffer<number>(most);
    for (const item of items) recent.add(item);
    assertEquals(recent.items, items.slice(-most));
  }));
});

Deno.test("a session ends after half a day, and there are never too many", () => {
  const sessions = new MemorySessions();
  const first = sessions.begin("a", 0);
  assertEquals(sessions.token(first, 12 * 3_600_000 - 1), "a");
  assertEquals(sessions.token(first, 12 * 3_600_000), undefined);
  assertEquals(sessions.token(first, 0), undefined, "it has ended for good");
  const second = sessions.begin("b");
  for (let i = 0; i < 1_000; i++) sessions.begin("c");
  assertEquals(sessions.token(second), undefined);
  assertEquals(sessions.token(undefined), undefined);
  assertEquals(sessions.token(""), undefined);
});

Deno.test("what is remembered of runs does not grow with them", () => {
  const registry = new Activity(["a"]);
  const watch = new MetricsRecorder(registry);
  for (let i = 0; i < 150; i++) {
    const id = `run-${i}`;
    registry.beginRun({ id, kind: "batch", principal: "p", total: 60 });
    for (let call = 0; call < 60; call++) registry.beginCall("a", id)(undefined);
    assertEquals(watch.run(id)?.run.done, 60);
    registry.endRun(id);
  }
  assertEquals(watch.ended.length, 100);
  assertEquals(watch.ended[0]?.run.id, "run-149");
  assertEquals(watch.run("run-49"), undefined);
  const last = watch.run("run-149")!;
  assertEquals([last.calls.items.length, last.run.failed, last.run.done], [50, 60, 60]);
  assertEquals(last.calls.items[0]?.code, "internal");
  assertEquals(watch.durationsOf("a").length, 500);
  assertEquals(watch.durationsOf("b"), []);
});

Deno.test("figures are short, and never say more than is so", () => {
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
