/**
 * A longer `Retry-After` than this many milliseconds is not waited for: the own backoff is used.
 */
export const LONGEST_RETRY_AFTER = 60_000;
