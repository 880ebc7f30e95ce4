import { assertEquals, assertThrows } from "@std/assert";
import { timeout, timeouts } from "../../src/resilience/timeout.ts";

Deno.test("timeouts: the first one that says something wins, limit by limit", () => {
  const attempt = 300_000;
  assertEquals(timeouts(), { attempt });
  assertEquals(timeouts(undefined, undefined), { attempt });
  assertEquals(timeouts(5), { attempt: 5 });
  assertEquals(timeouts(5, 6, 7), { attempt: 5 });
  assertEquals(timeouts(undefined, { total: 6 }, 7), { attempt: 7, total: 6 });
  assertEquals(timeouts({ idle: 1 }, { total: 2, idle: 9 }, { firstToken: 3 }), {
    attempt,
    idle: 1,
    total: 2,
    firstToken: 3,
  });
});

Deno.test("timeouts: a limit that is undefined counts as absent", () => {
  assertEquals(timeouts({ attempt: undefined, total: undefined }, { total: 5 }), {
    attempt: 300_000,
    total: 5,
  });
});

Deno.test("timeout: takes milliseconds or limits, and nothing else", () => {
  for (const right of [1, 0.5, {}, { attempt: 1, firstToken: 2, idle: 3, total: 4 }]) {
    timeout("call", "timeout", right);
  }
  for (const wrong of [0, -1, NaN, Infinity, { total: 0 }, { idle: NaN }]) {
    const says = typeof wrong === "object" ? "Cannot call: timeout as " : "Cannot call as timeout ";
    assertThrows(() => timeout("call", "timeout", wrong), RangeError, says);
  }
  for (const wrong of ["1s", null, [], true]) {
    assertThrows(() => timeout("call", "timeout", wrong), TypeError, "Cannot call as timeout ");
  }
  for (const wrong of [{ all: 1 }, { total: "1" }]) {
    assertThrows(() => timeout("call", "timeout", wrong), TypeError, "Cannot call: timeout as ");
  }
});
