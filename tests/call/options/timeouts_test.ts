import { assertEquals, assertThrows } from "@std/assert";
import {
  DEFAULT_TIMEOUT,
  mergeTimeouts,
  timeout,
  totalOf,
  totalTimeout,
  withoutTotal,
} from "../../../src/call/options/timeouts.ts";

/** Merges the layers and drops undefined fields. */
function merged(...layers: Parameters<typeof mergeTimeouts>): unknown {
  return JSON.parse(JSON.stringify(mergeTimeouts(...layers)));
}

Deno.test("mergeTimeouts: the first layer that sets a field takes precedence", () => {
  assertEquals(merged({ idle: 1 }, { total: 2, idle: 9 }, { firstToken: 3 }), {
    idle: 1,
    total: 2,
    firstToken: 3,
  });
  assertEquals(merged(5_000, { attempt: 1_000 }), { attempt: 1_000, total: 5_000 });
  assertEquals(merged({ attempt: 1_000 }, 5_000), { attempt: 1_000, total: 5_000 });
});

Deno.test("mergeTimeouts: a number is the total", () => {
  assertEquals(merged(5), { total: 5 });
  assertEquals(merged(5, 6, 7), { total: 5 });
  assertEquals(merged(undefined, { total: 6 }, 7), { total: 6 });
});

Deno.test("mergeTimeouts: limits an attempt by default if nothing else does", () => {
  const attempt = 300_000;
  assertEquals(merged(), { attempt });
  assertEquals(merged(undefined, undefined, DEFAULT_TIMEOUT), { attempt });
  assertEquals(merged({ idle: 5 }, undefined, DEFAULT_TIMEOUT), { attempt, idle: 5 });
  // A total of ten minutes must not be cut off by the default of five.
  assertEquals(merged(600_000, undefined, DEFAULT_TIMEOUT), { total: 600_000 });
});

Deno.test("mergeTimeouts: an undefined limit counts as absent", () => {
  assertEquals(merged({ attempt: undefined, total: undefined }, { attempt: 3, total: 5 }), {
    attempt: 3,
    total: 5,
  });
});

Deno.test("totalOf: returns the total of the first layer that sets one", () => {
  assertEquals(totalOf(), undefined);
  assertEquals(totalOf({ attempt: 1 }, 2, { total: 3 }), 2);
  assertEquals(totalOf(undefined, { total: 3 }, 2), 3);
});

Deno.test("withoutTotal: keeps the limits that a workflow passes on", () => {
  assertEquals(withoutTotal(undefined), undefined);
  assertEquals(withoutTotal(5), undefined);
  assertEquals(withoutTotal({ total: 5 }), undefined);
  assertEquals(withoutTotal({ total: 5, idle: 3 }), { idle: 3 });
});

Deno.test("timeout: accepts only milliseconds or an object of limits", () => {
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

Deno.test("totalTimeout: accepts only a total, and names the place of other limits", () => {
  for (const right of [1, {}, { total: 4 }, { total: 4, attempt: undefined }]) {
    totalTimeout("call", "timeout", right);
  }
  assertThrows(
    () => totalTimeout("call", "timeout", { attempt: 1 }),
    TypeError,
    "Cannot call as timeout.attempt limits requests, and it sends none itself: " +
      "set it on the agents that it calls, or use a total",
  );
});
