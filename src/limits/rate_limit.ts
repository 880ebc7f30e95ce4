/** A limit on an amount per time, such as requests or tokens per minute. */
export interface RateLimit {
  /** Returns how many milliseconds remain until the amount can be taken; 0 if it can be now. */
  waitFor(amount: number, now: number): number;
  /** Takes the amount, even if it is not available. */
  take(amount: number, now: number): void;
  /** Notes that an amount that was taken is sent now. */
  markSent(amount: number): void;
  /** Returns an amount that was taken and never sent. */
  refund(amount: number, now: number): void;
  /** Returns the part of an estimate that was not used; a negative amount takes more. */
  correct(amount: number, now: number): void;
}
