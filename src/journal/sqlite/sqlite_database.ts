/** The part of `node:sqlite` that journals use, which `bun:sqlite` has, too. */

/** A value of a column. */
export type SqlValue = string | number | null;

/** A row, by the names of its columns. */
export type SqlRow = Record<string, unknown>;

/** A prepared statement. */
export interface SqlStatement {
  /** Returns all rows. */
  all(...values: readonly SqlValue[]): SqlRow[];
  /** Returns the first row. */
  get(...values: readonly SqlValue[]): SqlRow | undefined;
  /** Yields the rows. */
  iterate(): Iterable<unknown>;
  /** Executes the statement. */
  run(...values: readonly SqlValue[]): {
    readonly changes: number | bigint;
    readonly lastInsertRowid: number | bigint;
  };
}

/** An open database. */
export interface SqlDatabase {
  /** Executes statements without values. */
  exec(sql: string): unknown;
  /** Prepares a statement. */
  prepare(sql: string): SqlStatement;
  /** Closes the database. */
  close(): void;
}

/**
 * An open database of `node:sqlite` or `bun:sqlite`. Their types are not named here, as no runtime
 * has both.
 */
export interface OpenDatabase {
  /** Executes statements without values. */
  exec(sql: string): unknown;
  /** Prepares a statement. */
  prepare(sql: string): object;
  /** Closes the database. */
  close(): void;
}
