/** A limit on what may begin in a time. */
export interface Rate {
  /** How many milliseconds until so much can be taken; 0 if it can be now. */
  waitFor(amount: number, now: number): number;
  /** Takes so much, also if it is not there. */
  take(amount: number, now: number): void;
  /** What was taken goes out now. */
  send(amount: number): void;
  /** Gives back what was taken and did not go out. */
  giveBack(amount: number, now: number): void;
  /** What went out took so much less than was thought; a negative amount: so much more. */
  correct(amount: number, now: number): void;
}
