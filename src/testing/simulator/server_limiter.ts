/** The limits of a simulated server, enforced and reported as OpenAI does. */
import type { RateReport, RateState } from "../../model/rate_report.ts";
import type { SimulatorLimits } from "./simulator_options.ts";

/** A token bucket that starts full and refills evenly over a minute. */
export class QuotaBucket {
  readonly capacity: number;
  #level: number;
  #at: number;

  constructor(capacity: number, now: number) {
    this.capacity = capacity;
    this.#level = capacity;
    this.#at = now;
  }

  /** Returns the level, after refilling it up to now. */
  level(now: number): number {
    if (now > this.#at) {
      this.#level = Math.min(
        this.capacity,
        this.#level + ((now - this.#at) * this.capacity) / 60_000,
      );
      this.#at = now;
    }
    return this.#level;
  }

  take(amount: number): void {
    this.#level -= amount;
  }

  /** Returns the milliseconds until it holds the amount. */
  msUntil(amount: number, now: number): number {
    return Math.max(0, ((amount - this.level(now)) * 60_000) / this.capacity);
  }
}

/** The rejection of a request by a limit. */
export interface LimitRejection {
  /** The limit that rejected it: OpenAI's `type`. */
  type: "requests" | "tokens";
  message: string;
  /** Milliseconds to wait; `null` if waiting does not help. */
  retryAfterMs: number | null;
}

/** Enforces the limits of a simulated server. */
export class ServerLimiter {
  readonly #requests?: QuotaBucket;
  readonly #tokens?: QuotaBucket;
  readonly #concurrency: number;

  constructor(limits: SimulatorLimits, now: number) {
    const { requestsPerMinute = Infinity, tokensPerMinute = Infinity } = limits;
    if (requestsPerMinute < Infinity) this.#requests = new QuotaBucket(requestsPerMinute, now);
    if (tokensPerMinute < Infinity) this.#tokens = new QuotaBucket(tokensPerMinute, now);
    this.#concurrency = limits.concurrency ?? Infinity;
  }

  /** Counts a request if every limit admits it. Otherwise returns the rejection. */
  admit(model: string, tokens: number, running: number, now: number): LimitRejection | undefined {
    const prefix = `Rate limit reached for ${model} on`;
    if (running >= this.#concurrency) {
      const message = `${prefix} concurrent requests: Limit ${this.#concurrency}.`;
      return { type: "requests", message, retryAfterMs: 100 };
    }
    if (this.#tokens && tokens > this.#tokens.capacity) {
      const message = `Request too large for ${model} on tokens per min (TPM): ` +
        `Limit ${this.#tokens.capacity}, Requested ${tokens}.`;
      return { type: "tokens", message, retryAfterMs: null };
    }
    const forRequest = this.#requests?.msUntil(1, now) ?? 0;
    const forTokens = this.#tokens?.msUntil(tokens, now) ?? 0;
    if (forRequest > 0 || forTokens > 0) {
      const type = forRequest >= forTokens ? "requests" : "tokens";
      const bucket = (type === "requests" ? this.#requests : this.#tokens)!;
      const ms = Math.ceil(Math.max(forRequest, forTokens));
      const message = `${prefix} ${type} per min (${type === "requests" ? "RPM" : "TPM"}): ` +
        `Limit ${bucket.capacity}, Used ${Math.ceil(bucket.capacity - bucket.level(now))}, ` +
        `Requested ${type === "requests" ? 1 : tokens}. Please try again in ${formatReset(ms)}.`;
      return { type, message, retryAfterMs: ms };
    }
    this.#requests?.take(1);
    this.#tokens?.take(tokens);
    return undefined;
  }

  /** Counts tokens that were not known when the request arrived: those of the answer. */
  spend(tokens: number, now: number): void {
    this.#tokens?.level(now);
    this.#tokens?.take(tokens);
  }

  /** Returns the state of the limits; `undefined` without limits. */
  rateReport(now: number): RateReport | undefined {
    if (this.#requests === undefined && this.#tokens === undefined) return undefined;
    return {
      requests: this.#requests && stateOf(this.#requests, now),
      tokens: this.#tokens && stateOf(this.#tokens, now),
    };
  }

  /** Adds the `x-ratelimit-…` headers to those of an answer. */
  writeHeaders(headers: Record<string, string>, now: number): void {
    if (this.#requests) addHeaders(headers, "requests", this.#requests, now);
    if (this.#tokens) addHeaders(headers, "tokens", this.#tokens, now);
  }
}

function stateOf(bucket: QuotaBucket, now: number): RateState {
  return {
    limit: bucket.capacity,
    remaining: Math.max(0, Math.floor(bucket.level(now))),
    resetMs: Math.ceil(bucket.msUntil(bucket.capacity, now)),
  };
}

function addHeaders(
  headers: Record<string, string>,
  name: string,
  bucket: QuotaBucket,
  now: number,
): void {
  const { limit, remaining, resetMs } = stateOf(bucket, now);
  headers[`x-ratelimit-limit-${name}`] = String(limit);
  headers[`x-ratelimit-remaining-${name}`] = String(remaining);
  headers[`x-ratelimit-reset-${name}`] = formatReset(resetMs!);
}

/** Returns the headers that tell a client how long to wait. */
export function retryHeaders(retryAfterMs: number): Record<string, string> {
  return {
    "retry-after": String(Math.ceil(retryAfterMs / 1000)),
    "retry-after-ms": String(Math.ceil(retryAfterMs)),
  };
}

/** Formats a duration as OpenAI does: `120ms`, `1.5s`, `6m0s`, `1h0m0s`. */
export function formatReset(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = `${Number(((whole % 60_000) / 1000).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
