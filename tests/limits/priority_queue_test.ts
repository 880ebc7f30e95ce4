import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { PriorityQueue, type QueueEntry } from "../../src/limits/priority_queue.ts";

function drain<T>(queue: PriorityQueue<T>): T[] {
  const order: T[] = [];
  for (let first = queue.first; first !== undefined; first = queue.first) {
    queue.remove(first);
    order.push(first.value);
  }
  return order;
}

Deno.test("queue: serves the higher priority first, and in order within one", () => {
  const queue = new PriorityQueue<string>();
  for (
    const [value, priority] of [["a", 0], ["b", 2], ["c", -1], ["d", 0], ["e", 2], [
      "f",
      0.5,
    ]] as const
  ) {
    queue.push(value, priority);
  }
  assertEquals([queue.size, queue.first?.value], [6, "b"]);
  assertEquals(drain(queue).join(""), "befadc");
  assertEquals([queue.size, queue.first], [0, undefined]);
});

Deno.test("queue: removal from any position keeps the order of the others", () => {
  const step = fc.record({
    leave: fc.boolean(),
    which: fc.nat(50),
    priority: fc.constantFrom(-1, -0, 0, 1, 1.5, 7),
  });
  fc.assert(fc.property(fc.array(step, { maxLength: 100, size: "max" }), (steps) => {
    const queue = new PriorityQueue<number>();
    // A simple model: an array that is sorted each time.
    let line: QueueEntry<number>[] = [];
    for (const [value, { leave, which, priority }] of steps.entries()) {
      if (leave && line.length > 0) {
        const leaver = line[which % line.length]!;
        queue.remove(leaver);
        line = line.filter((waiting) => waiting !== leaver);
      } else {
        line.push(queue.push(value, priority));
        line.sort((a, b) => b.priority - a.priority || a.value - b.value);
      }
      assertEquals([queue.size, queue.first?.value], [line.length, line[0]?.value]);
    }
    assertEquals(drain(queue), line.map(({ value }) => value));
  }));
});

Deno.test("queue: holds 100,000 entries, even with thousands of priorities", () => {
  for (const priorityOf of [() => 0, (n: number) => n % 3, (n: number) => n % 5_000]) {
    const queue = new PriorityQueue<number>();
    const all = Array.from({ length: 100_000 }, (_, n) => queue.push(n, priorityOf(n)));
    // Removes half of them from the middle.
    for (const waiting of all) if (waiting.value % 2 === 1) queue.remove(waiting);
    assertEquals(queue.size, 50_000);
    const order = drain(queue);
    assertEquals(order.length, 50_000);
    const sorted = order.toSorted((a, b) => priorityOf(b) - priorityOf(a) || a - b);
    assertEquals(order.every((value, n) => value === sorted[n]), true);
  }
});
