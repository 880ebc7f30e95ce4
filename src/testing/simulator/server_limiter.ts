/**
 * Rate limits as OpenAI keeps and reports them: token buckets, `x-ratelimit-…` headers and the 429.
 */
import type { RateReport, RateState } from "../../model/rate_report.ts";
import type { SimulatorLimits } from "./simulator_options.ts";

/** A bucket that is full at first and refills evenly over a minute. */
export class QuotaBucket {
  readonly capacity: number;
  #level: number;
  #at: number;

  constructor(capacity: number, now: number) {
    this.capacity = capacity;
    this.#level = capacity;
    this.#at = now;
  }

  /** What it holds now; asking moves its clock. */
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

  /** Milliseconds until it holds that much. */
  msUntil(amount: number, now: number): number {
    return Math.max(0, ((amount - this.level(now)) * 60_000) / this.capacity);
  }
}

/** Why a request may not run. */
export interface LimitRejection {
  /** OpenAI's `type`: which limit it was. */
  type: "requests" | "tokens";
  message: string;
  /** `null` if no waiting helps. */
  retryAfterMs: number | null;
}

/** The limits of one simulator. */
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

  /** Books the request if every limit lets it through, else books nothing and says why. */
  admit(model: string, tokens: number, running: number, now: number): LimitRejection | undefined {
    const reached = `Rate limit reached for ${model} on`;
    if (running >= this.#concurrency) {
      const message = `${reached} concurrent requests: Limit ${this.#concurrency}.`;
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
      const message = `${reached} ${type} per min (${type === "requests" ? "RPM" : "TPM"}): ` +
        `Limit ${bucket.capacity}, Used ${Math.ceil(bucket.capacity - bucket.level(now))}, ` +
        `Requested ${type === "requests" ? 1 : tokens}. Please try again in ${formatReset(ms)}.`;
      return { type, message, retryAfterMs: ms };
    }
    this.#requests?.take(1);
    this.#tokens?.take(tokens);
    return undefined;
  }

  /** Books tokens that were not known beforehand: those of the answer. */
  spend(tokens: number, now: number): void {
    this.#tokens?.level(now);
    this.#tokens?.take(tokens);
  }

  /** Where the limits stand; `undefined` if there are none. */
  rateReport(now: number): RateReport | undefined {
    if (this.#requests === undefined && this.#tokens === undefined) return undefined;
    return {
      requests: this.#requests && stateOf(this.#requests, now),
      tokens: this.#tokens && stateOf(this.#tokens, now),
    };
  }

  /** Writes the headers that tell where the limits stand. */
  writeHeaders(headers: Record<string, string>, now: number): void {
    if (this.#requests) describe(headers, "requests", this.#requests, now);
    if (this.#tokens) describe(headers, "tokens", this.#tokens, now);
  }
}

function stateOf(bucket: QuotaBucket, now: number): RateState {
  return {
    limit: bucket.capacity,
    remaining: Math.max(0, Math.floor(bucket.level(now))),
    resetMs: Math.ceil(bucket.msUntil(bucket.capacity, now)),
  };
}

function describe(
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

/** The headers that tell a client when to come back. */
export function retryHeaders(retryAfterMs: number): Record<string, string> {
  return {
    "retry-after": String(Math.ceil(retryAfterMs / 1000)),
    "retry-after-ms": String(Math.ceil(retryAfterMs)),
  };
}

/** A time as OpenAI writes it: `120ms`, `1.5s`, `6m0s`, `1h0m0s`. */
export function formatReset(ms: number): string {
  const whole = Math.ceil(ms);
  if (whole < 1000) return `${whole}ms`;
  const hours = Math.floor(whole / 3_600_000);
  const minutes = Math.floor((whole % 3_600_000) / 60_000);
  const seconds = `${Number(((whole % 60_000) / 1000).toFixed(3))}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
