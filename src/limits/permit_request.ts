import type { Heartbeat } from "../async/heartbeat.ts";
import { ProviderError } from "../model/errors.ts";

/** What an attempt needs from a limiter. */
export interface PermitRequest {
  /** The estimate of the tokens that it will use. */
  readonly tokens: number;
  /** The higher number goes first. Above 0, the reserved share is available, too. */
  readonly priority: number;
  /**
   * The longest pause that it waits for, in milliseconds.
   *
   * @default {Infinity}
   */
  readonly longestPause?: number;
  /** The heartbeat of its request, where requests may end at any point. */
  readonly heartbeat?: Heartbeat | undefined;
}

/** Why an attempt had to wait: for a permit, for a rate limit, or for the end of a pause. */
export type WaitReason = "concurrency" | "requests" | "tokens" | "pause";

/** Returns the longest pause that an attempt waits for, in milliseconds. */
export function longestPauseOf({ longestPause = Infinity }: PermitRequest): number {
  return longestPause;
}

/** Returns the error of an attempt that does not wait for the pause of its model. */
export function pausedError(pauseMs: number): ProviderError {
  return new ProviderError("its model is paused, as the server rejected another request", {
    code: "rate_limited",
    retryAfterMs: Math.ceil(pauseMs),
    retryable: true,
  });
}
