import type { LimitOptions } from "../model/limits.ts";
import { Bucket } from "./bucket.ts";
import type { Rate } from "./rate_limit.ts";

/** All limits on what may begin in a time: an attempt must fit into each of them. */
export class Rates {
  /** The limits on requests. */
  readonly requests: Rate[] = [];
  /** The limits on tokens. */
  readonly tokens: Rate[] = [];
  /** Which of them kept the last one waiting. */
  reason: "requests" | "tokens" = "requests";

  /** Those of the options, full at this time. */
  constructor({ requestsPerMinute, tokensPerMinute }: LimitOptions, now: number) {
    if (requestsPerMinute !== undefined) this.requests.push(new Bucket(requestsPerMinute, now));
    if (tokensPerMinute !== undefined) this.tokens.push(new Bucket(tokensPerMinute, now));
  }

  /** How many milliseconds they keep an attempt with so many tokens waiting: as long as the slowest does. */
  waitFor(tokens: number, now: number): number {
    let longest = 0;
    for (const rate of this.requests) {
      const ms = rate.waitFor(1, now);
      if (ms <= longest) continue;
      longest = ms;
      this.reason = "requests";
    }
    for (const rate of this.tokens) {
      const ms = rate.waitFor(tokens, now);
      if (ms <= longest) continue;
      longest = ms;
      this.reason = "tokens";
    }
    return longest;
  }

  /** An attempt has its permit. */
  take(tokens: number, now: number): void {
    for (const rate of this.requests) rate.take(1, now);
    for (const rate of this.tokens) rate.take(tokens, now);
  }

  /** It goes out. */
  send(tokens: number): void {
    for (const rate of this.requests) rate.send(1);
    for (const rate of this.tokens) rate.send(tokens);
  }

  /** It did not go out. */
  giveBack(tokens: number, now: number): void {
    for (const rate of this.requests) rate.giveBack(1, now);
    for (const rate of this.tokens) rate.giveBack(tokens, now);
  }

  /** It took so many tokens less than was thought. */
  correct(tokens: number): void {
    if (this.tokens.length === 0) return;
    const now = performance.now();
    for (const rate of this.tokens) rate.correct(tokens, now);
  }
}
