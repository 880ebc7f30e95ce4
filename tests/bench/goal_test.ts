import { assertEquals } from "@std/assert";
import { type Goal, goalTable, isMet } from "../../bench/report/goal.ts";

const goal = (more: Partial<Goal>): Goal => ({ name: "g", found: 5, unit: "µs", ...more });

Deno.test("isMet: includes the limit itself", () => {
  assertEquals(isMet(goal({ atMost: 5 })), true);
  assertEquals(isMet(goal({ atMost: 4.99 })), false);
  assertEquals(isMet(goal({ atLeast: 5 })), true);
  assertEquals(isMet(goal({ atLeast: 5.01 })), false);
  assertEquals(isMet(goal({ found: 0, atMost: 0 })), true);
});

Deno.test("goalTable: a goal without a measured value is not met", () => {
  const missing = goal({ found: undefined, atMost: 5 });
  assertEquals(isMet(missing), false);
  const { title, rows } = goalTable([missing, goal({ atLeast: 9 }), goal({ atMost: 9 })]);
  assertEquals(title, "Goals met: 1 of 3");
  assertEquals(rows.map(({ verdict }) => verdict), ["not measured", "not met", "met"]);
  assertEquals(rows.map((row) => row.required), ["≤ 5 µs", "≥ 9 µs", "≤ 9 µs"]);
});
