import { delay } from "@std/async/delay";
import { IO_PER_REQUEST } from "../../async/io_per_request.ts";
import { MinuteWindow } from "../minute_window.ts";
import { Problem } from "../problem.ts";

/** Options of {@linkcode SignInThrottle}. */
export interface SignInThrottleOptions {
  /** Waits, for tests. */
  readonly wait?: (ms: number) => Promise<void>;
  /** The current time in milliseconds, for tests. */
  readonly now?: () => number;
}

/** The failures within a minute that cost nothing: people mistype. */
const FREE_FAILURES = 5;
/** The wait after the first failure above that; it doubles with each further one. */
const FIRST_WAIT = 250;
const MAX_WAIT = 4_000;
/** How many attempts may wait for their turn, for each address. */
const MAX_WAITING = 4;
/** How many addresses may be remembered or wait; above that, all new ones share one. */
const MAX_ADDRESSES = 1_000;
const SHARED = "others";

/** The attempts of one address. */
interface Attempts {
  readonly failures: MinuteWindow;
  waiting: number;
  /** Settles when the last attempt that waits has been checked. */
  turn: Promise<unknown>;
}

/**
 * Slows down guesses of tokens on the sign-in page. Attempts from one address are checked one after
 * another, and after some failures each waits before it is checked. So a guess takes seconds, but a
 * person who knows the token is never locked out for long.
 */
export class SignInThrottle {
  /** How many tokens were not valid. */
  failures = 0;
  /** How many attempts were not checked, as too many were waiting. */
  rejected = 0;
  readonly #addresses = new Map<string, Attempts>();
  readonly #wait: (ms: number) => Promise<void>;
  readonly #now: () => number;

  /** Creates a throttle without attempts. */
  constructor(
    { wait = (ms) => delay(ms), now = () => performance.now() }: SignInThrottleOptions = {},
  ) {
    this.#wait = wait;
    this.#now = now;
  }

  /**
   * Runs an attempt to sign in, when its turn comes.
   *
   * @param address The address of the client; `undefined` if it is not known.
   * @param attempt Resolves with whether the token was valid.
   * @throws {Problem} If too many attempts of this address are waiting (429).
   */
  async run(address: string | undefined, attempt: () => Promise<boolean>): Promise<boolean> {
    const attempts = this.#attemptsOf(networkOf(address ?? SHARED));
    // There, a request must not wait for another one, and may end without notice.
    if (IO_PER_REQUEST) return await this.#check(attempts, attempt);
    if (attempts.waiting > MAX_WAITING) {
      this.rejected++;
      throw new Problem(429, "too_many_requests", "Too many attempts to sign in: try again later", {
        retryAfterMs: MAX_WAIT,
      });
    }
    attempts.waiting++;
    const turn = attempts.turn.then(() => this.#check(attempts, attempt));
    attempts.turn = turn.catch(() => {});
    try {
      return await turn;
    } finally {
      attempts.waiting--;
    }
  }

  /** Waits as long as the failures of the last minute demand, and runs the attempt. */
  async #check({ failures }: Attempts, attempt: () => Promise<boolean>): Promise<boolean> {
    const excess = failures.count(this.#now()) - FREE_FAILURES;
    if (excess >= 0) await this.#wait(Math.min(MAX_WAIT, FIRST_WAIT * 2 ** excess));
    const isValid = await attempt();
    if (!isValid) {
      this.failures++;
      failures.take(this.#now());
    }
    return isValid;
  }

  #attemptsOf(address: string): Attempts {
    const known = this.#addresses.get(address);
    if (known !== undefined) return known;
    if (this.#addresses.size >= MAX_ADDRESSES) this.#forget();
    if (this.#addresses.size >= MAX_ADDRESSES && address !== SHARED) {
      return this.#attemptsOf(SHARED);
    }
    const attempts = { failures: new MinuteWindow(Infinity), waiting: 0, turn: Promise.resolve() };
    this.#addresses.set(address, attempts);
    return attempts;
  }

  /** Forgets the addresses that have had no failure within the last minute. */
  #forget(): void {
    const now = this.#now();
    for (const [address, { failures, waiting }] of this.#addresses) {
      if (waiting === 0 && failures.count(now) === 0) this.#addresses.delete(address);
    }
  }
}

/** Returns the network of an IPv6 address, as one client has all of its addresses. */
function networkOf(address: string): string {
  return address.startsWith("::ffff:") ? address : address.split(":").slice(0, 4).join(":");
}
