/** The defaults of a run with the provider's batch files. */

/** The default concurrency with batch files: rows that wait for them. A file has up to 10,000. */
export const BATCH_CONCURRENCY = 50_000;

/**
 * The default timeout of a row, in milliseconds: batches complete within 24 hours, and this is
 * a margin above that.
 */
export const BATCH_TIMEOUT_MS = 27 * 3_600_000;
