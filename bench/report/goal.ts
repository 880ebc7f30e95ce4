/** What the module must reach, and whether it did: worked out from the figures of the run. */
import { cellText, type Table } from "./table.ts";

/** One thing to be reached. */
export interface Goal {
  /** What was measured, and where. */
  readonly name: string;
  /** What was found; `undefined` if the run gave no figure. */
  readonly found: number | undefined;
  /** The figure must not be above this. */
  readonly atMost?: number;
  /** The figure must not be below this. */
  readonly atLeast?: number;
  /** The unit of the figures. */
  readonly unit: string;
}

/** Is it reached? What was not measured is not. */
export function isMet({ found, atMost = Infinity, atLeast = -Infinity }: Goal): boolean {
  return found !== undefined && found <= atMost && found >= atLeast;
}

/** All goals as a table. */
export function goalTable(goals: readonly Goal[]): Table {
  const reached = goals.filter(isMet).length;
  return {
    title: `Reached: ${reached} of ${goals.length}`,
    rows: goals.map((goal) => ({
      goal: goal.name,
      found: withUnit(goal.found, goal.unit),
      "must be": goal.atMost !== undefined
        ? `≤ ${withUnit(goal.atMost, goal.unit)}`
        : `≥ ${withUnit(goal.atLeast, goal.unit)}`,
      verdict: goal.found === undefined
        ? "not measured"
        : isMet(goal)
        ? "reached"
        : "not reached",
    })),
  };
}

function withUnit(value: number | undefined, unit: string): string {
  return value === undefined ? "–" : `${cellText(value)} ${unit}`;
}
