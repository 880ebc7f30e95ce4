/** A row of the input that could be read. */
export interface InputRow {
  /** The line it begins on, from 1. */
  readonly line: number;
  /** What is in it. */
  readonly value: unknown;
}

/** A row that could not be read: it is told of, and the rest goes on. */
export interface BadRow {
  /** The line it begins on, from 1. */
  readonly line: number;
  /** What is wrong with it. */
  readonly problem: string;
}

/** Could it not be read? */
export function isBadRow(row: InputRow | BadRow): row is BadRow {
  return "problem" in row;
}
