import type { LimitOptions } from "../model/limits.ts";
import { Bucket } from "./bucket.ts";
import type { RateLimit } from "./rate_limit.ts";

/** All rate limits of a limiter: an attempt must fit into each of them. */
export class RateLimits {
  /** The limits on requests. */
  readonly requests: RateLimit[] = [];
  /** The limits on tokens. */
  readonly tokens: RateLimit[] = [];
  /** The limit that made the last attempt wait longest. */
  reason: "requests" | "tokens" = "requests";

  /** Creates a full bucket for each limit of the options. */
  constructor({ requestsPerMinute, tokensPerMinute }: LimitOptions, now: number) {
    if (requestsPerMinute !== undefined) this.requests.push(new Bucket(requestsPerMinute, now));
    if (tokensPerMinute !== undefined) this.tokens.push(new Bucket(tokensPerMinute, now));
  }

  /** Returns how many milliseconds an attempt must wait: as long as the slowest limit says. */
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

  /** Takes one request and its tokens from every limit. */
  take(tokens: number, now: number): void {
    for (const rate of this.requests) rate.take(1, now);
    for (const rate of this.tokens) rate.take(tokens, now);
  }

  /** Notes that the attempt is sent now. */
  markSent(tokens: number): void {
    for (const rate of this.requests) rate.markSent(1);
    for (const rate of this.tokens) rate.markSent(tokens);
  }

  /** Returns what an attempt took that was never sent. */
  refund(tokens: number, now: number): void {
    for (const rate of this.requests) rate.refund(1, now);
    for (const rate of this.tokens) rate.refund(tokens, now);
  }

  /** Returns the tokens that an attempt was estimated to use and did not. */
  correct(tokens: number): void {
    if (this.tokens.length === 0) return;
    const now = performance.now();
    for (const rate of this.tokens) rate.correct(tokens, now);
  }
}
