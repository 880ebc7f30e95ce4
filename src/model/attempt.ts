import type { ErrorCode } from "./errors.ts";
import type { Cost, Usage } from "./usage.ts";

/** One request that was sent to a model. */
export interface Attempt {
  /** The model that the request was sent to. */
  readonly model: string;
  /** When it was sent, in milliseconds since 1970. */
  readonly startedAt: number;
  /** How long it took, in milliseconds. */
  readonly durationMs: number;
  /** The HTTP status, if it was an error. */
  readonly status?: number;
  /** The error, if the attempt failed. */
  readonly error?: {
    /** The kind of the error. */
    readonly code: ErrorCode;
    /** The message of the error. */
    readonly message: string;
  };
  /** The wait that the server requested, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The adaptive concurrency when it was sent, if there is one. */
  readonly concurrency?: number;
  /** The usage, if the provider reported it. */
  readonly usage?: Usage;
  /** The cost of the request, in US dollars. Absent if its usage or its price is unknown. */
  readonly cost?: Cost;
  /** The service tier, such as `flex`, if the server reported it or the request named it. */
  readonly serviceTier?: string;
  /**
   * True if `usage` is an estimate, as the answer was cut off before the provider reported its
   * usage.
   */
  readonly estimated?: true;
  /** True if an earlier start of the item sent it, and its outcome came from a journal. */
  readonly replayed?: true;
}
