/** Goals of the module, and whether the figures of a run meet them. */
import { cellText, type Table } from "./table.ts";

/** A goal, with the measured value. */
export interface Goal {
  /** What is measured, and under which load. */
  readonly name: string;
  /** The measured value, or `undefined` if the run has no figure. */
  readonly found: number | undefined;
  /** The maximum. */
  readonly atMost?: number;
  /** The minimum. */
  readonly atLeast?: number;
  /** The unit of the values. */
  readonly unit: string;
}

/** Whether the goal is met. A goal without a measured value is not. */
export function isMet({ found, atMost = Infinity, atLeast = -Infinity }: Goal): boolean {
  return found !== undefined && found <= atMost && found >= atLeast;
}

/** Returns the goals as a table. */
export function goalTable(goals: readonly Goal[]): Table {
  const met = goals.filter(isMet).length;
  return {
    title: `Goals met: ${met} of ${goals.length}`,
    rows: goals.map((goal) => ({
      goal: goal.name,
      measured: withUnit(goal.found, goal.unit),
      required: goal.atMost !== undefined
        ? `≤ ${withUnit(goal.atMost, goal.unit)}`
        : `≥ ${withUnit(goal.atLeast, goal.unit)}`,
      verdict: goal.found === undefined ? "not measured" : isMet(goal) ? "met" : "not met",
    })),
  };
}

function withUnit(value: number | undefined, unit: string): string {
  return value === undefined ? "–" : `${cellText(value)} ${unit}`;
}
