/** A limit on what may begin in a time. */
export interface Rate {
  /** How many milliseconds until so much can be taken; 0 if it can be now. */
  waitFor(amount: number, now: number): number;
  /** Takes so much, also if it is not there. */
  take(amount: number, now: number): void;
  /** Gives back what was taken too much; a negative amount takes what was taken too little. */
  correct(amount: number, now: number): void;
}
