/** Where one of the server's rate limits stands. */
export interface RateState {
  /** How much may be used until it is used up. */
  readonly limit: number;
  /** How much of that is left. */
  readonly remaining: number;
  /** How long until all of it is there again if nothing is used, in milliseconds. */
  readonly resetMs?: number;
}

/** What a server says of its rate limits with an answer: as they stood when the request came in. */
export interface RateReport {
  /** Its limit on requests. */
  readonly requests?: RateState;
  /** Its limit on tokens, in and out. */
  readonly tokens?: RateState;
}
