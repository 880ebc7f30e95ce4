/** The state of one rate limit of a server. */
export interface RateState {
  /** The size of the limit. */
  readonly limit: number;
  /** The remaining amount. */
  readonly remaining: number;
  /** The time until the whole limit is available again, in milliseconds. */
  readonly resetMs?: number;
  /**
   * The time in which an empty limit refills completely, in milliseconds, if the server says so.
   *
   * @default Derived from `resetMs`, or a minute
   */
  readonly periodMs?: number;
}

/** The rate limits that a server reports with an answer, as of when the request arrived. */
export interface RateReport {
  /** The limit on requests. */
  readonly requests?: RateState;
  /** The limit on tokens, input and output. */
  readonly tokens?: RateState;
}
