import type { Mode } from "../call/options/mode.ts";

/** A snapshot of what a pool is doing. */
export interface WorkerStats {
  /** The maximum number of workers. */
  readonly size: number;
  /** The number of workers that are running calls. */
  readonly busy: number;
  /** The number of calls in flight. */
  readonly inFlight: number;
  /** The number of calls that wait for a worker. */
  readonly waiting: number;
  /** The number of workers that ended by themselves and were replaced. */
  readonly restarts: number;
  /**
   * How long the last worker took to start and to load its module, in milliseconds. Absent before
   * the first has started.
   */
  readonly startMs?: number;
}

/** A pool of workers, for the `mode` option of runs. Dispose of it when done. */
export interface WorkerPool extends Mode, AsyncDisposable {
  /**
   * Starts all workers and waits until they can take calls. Without it, workers start on demand.
   *
   * @throws {TypeError} If the module does not load, or the pool is closed.
   */
  ready(): Promise<void>;
  /** Returns a snapshot of what the pool is doing. */
  stats(): WorkerStats;
  /**
   * Ends the workers. Unfinished calls fail with the code `aborted`, and new calls are rejected.
   */
  close(): Promise<void>;
}
