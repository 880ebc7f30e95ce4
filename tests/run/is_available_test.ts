import { isAvailable } from "@shoal/agents";
import { assertEquals, assertThrows } from "@std/assert";

Deno.test("isAvailable: the event loop always, workers if the runtime has Worker", () => {
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

Deno.test("isAvailable rejects an unknown mode", () => {
  for (const mode of ["threads", "", undefined, "Workers"]) {
    // deno-lint-ignore no-explicit-any
    assertThrows(() => isAvailable(mode as any), TypeError, '"event-loop" or "workers"');
  }
});
