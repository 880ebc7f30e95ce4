/** What an attempt spent. */
export interface Amount {
  /** US dollars; absent if unknown. */
  readonly cost?: number;
  /** Input and output tokens. */
  readonly tokens: number;
}

/** What is reserved for an attempt until it ends. */
export interface Reservation {
  /**
   * Replaces the reservation by what was spent. Must be called on every exit; only the first call
   * counts.
   *
   * @param actual What was billed; an unknown cost counts as reserved. `undefined` if nothing
   * was sent.
   */
  settle(actual: Amount | undefined): void;
}
