/** The number of rows of a run at one moment. */
export interface TotalRows {
  /** The number of rows, including bad ones. */
  readonly total: number;
  /** Whether it is an estimate. */
  readonly isEstimated: boolean;
}

/** The number of rows of a run: unknown or counted in advance, and exact once all are read. */
export class RowTotal {
  /** The number of rows that were read, including bad ones. */
  read = 0;
  /** Whether all rows were read: the number of rows is then exact. */
  isComplete = false;
  readonly #limit: number;
  #counted: TotalRows | undefined;

  /** Counts the rows of a run with at most `limit` valid rows. */
  constructor(limit = Infinity) {
    this.#limit = limit;
  }

  /** Sets the number of rows that was counted before they are read. */
  setCounted(counted: TotalRows): void {
    this.#counted = counted;
  }

  /**
   * Returns the number of rows; `undefined` if it is not known.
   *
   * @param bad The number of bad rows until now. They do not count towards the limit.
   */
  current(bad: number): TotalRows | undefined {
    if (this.isComplete) return { total: this.read, isEstimated: false };
    if (this.#counted === undefined) return undefined;
    const { total, isEstimated } = this.#counted;
    // The input has more rows than were counted.
    if (this.read > total) return undefined;
    const limited = this.#limit + bad;
    return limited < total ? { total: limited, isEstimated } : { total, isEstimated };
  }
}
