import { assertEquals } from "@std/assert";
import { type Goal, goalTable, isMet } from "../../bench/report/goal.ts";

const goal = (more: Partial<Goal>): Goal => ({ name: "g", found: 5, unit: "µs", ...more });

Deno.test("a goal is reached on the limit, and not beyond it", () => {
  assertEquals(isMet(goal({ atMost: 5 })), true);
  assertEquals(isMet(goal({ atMost: 4.99 })), false);
  assertEquals(isMet(goal({ atLeast: 5 })), true);
  assertEquals(isMet(goal({ atLeast: 5.01 })), false);
  assertEquals(isMet(goal({ found: 0, atMost: 0 })), true);
});

Deno.test("what was not measured is not reached", () => {
  const missing = goal({ found: undefined, atMost: 5 });
  assertEquals(isMet(missing), false);
  const { title, rows } = goalTable([missing, goal({ atLeast: 9 }), goal({ atMost: 9 })]);
  assertEquals(title, "Reached: 1 of 3");
  assertEquals(rows.map(({ verdict }) => verdict), ["not measured", "not reached", "reached"]);
  assertEquals(rows.map((row) => row["must be"]), ["≤ 5 µs", "≥ 9 µs", "≤ 9 µs"]);
});
