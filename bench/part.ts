import type { Chart } from "./report/chart.ts";
import type { Goal } from "./report/goal.ts";
import type { Table } from "./report/table.ts";

/** How thoroughly a part measures. */
export interface Effort {
  /** How often each case is run; the medians count. */
  readonly rounds: number;
  /** Whether to use smaller loads, to finish soon. */
  readonly quick: boolean;
}

/** A table that a part has measured, with its goals. */
export interface Finding {
  readonly table: Table;
  /** The goals, with the measured values. */
  readonly goals?: readonly Goal[];
  /** Charts of the same figures. */
  readonly charts?: readonly Chart[];
}

/** A part of the bench: measures, and yields each finding as soon as it has it. */
export type Part = (effort: Effort) => AsyncIterable<Finding>;
