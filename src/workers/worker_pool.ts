import type { Mode } from "../call/options/mode.ts";

/** What a pool does at this moment. */
export interface WorkerStats {
  /** How many workers there may be. */
  readonly size: number;
  /** How many have calls. */
  readonly busy: number;
  /** How many calls are being made. */
  readonly inFlight: number;
  /** How many calls wait for a worker. */
  readonly waiting: number;
  /** How many workers ended before their time; others took their places. */
  readonly restarts: number;
  /** How long the last worker took to start and to load its module, in milliseconds; absent if none is there yet. */
  readonly startMs?: number;
}

/** A pool of workers, to be handed to runs as their `mode`. Dispose of it when done. */
export interface WorkerPool extends Mode, AsyncDisposable {
  /**
   * Starts all workers and waits until they can take calls; without it they are started when they are needed.
   *
   * @throws {TypeError} If the module does not load, or the pool is closed.
   */
  ready(): Promise<void>;
  /** What it does at this moment. */
  stats(): WorkerStats;
  /** Ends the workers. Calls that are not finished fail with the code `aborted`, further ones are refused. */
  close(): Promise<void>;
}
