import { isAvailable } from "@shoal/agents";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("isAvailable: the event loop is everywhere, workers where there is a Worker", () => {
  assertEquals(isAvailable("event-loop"), true);
  assertEquals(isAvailable("workers"), true);
  const { Worker } = globalThis;
  try {
    // deno-lint-ignore no-explicit-any
    delete (globalThis as any).Worker;
    assertEquals([isAvailable("workers"), isAvailable("event-loop")], [false, true]);
  } finally {
    globalThis.Worker = Worker;
  }
});

Deno.test("isAvailable refuses a mode that does not exist", () => {
  for (const mode of ["threads", "", undefined, "Workers"]) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => isAvailable(mode as any), TypeError, '"event-loop" or "workers"');
  }
});
