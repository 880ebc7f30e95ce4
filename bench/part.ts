import type { Chart } from "./report/chart.ts";
import type { Goal } from "./report/goal.ts";
import type { Table } from "./report/table.ts";

/** How thoroughly it is measured. */
export interface Effort {
  /** How often each case is run. */
  readonly rounds: number;
  /** Shall it be over soon? */
  readonly quick: boolean;
}

/** What a part found out. */
export interface Finding {
  readonly table: Table;
  /** What had to be reached, with what was. */
  readonly goals?: readonly Goal[];
  /** The same as pictures. */
  readonly charts?: readonly Chart[];
}

/** A part of the bench: measures, and gives each finding as soon as it is there. */
export type Part = (effort: Effort) => AsyncIterable<Finding>;
