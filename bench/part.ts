import type { Table } from "./table.ts";

/** How thoroughly it is measured. */
export interface Effort {
  /** How often each case is run. */
  readonly times: number;
  /** Shall it be over soon? */
  readonly quick: boolean;
}

/** A part of the bench: measures, and gives each table as soon as it is full. */
export type Part = (effort: Effort) => AsyncIterable<Table>;
