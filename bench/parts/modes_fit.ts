/** How far it goes with a worker for each call. */
import { count } from "../report/table.ts";

/** To start all workers may take so long. */
const START_MS = 12_000;
/** So much of the memory that is free may be used. */
const SHARE = 0.5;

/** What is known of workers. */
export interface Known {
  /** How long one takes to start, in milliseconds; `undefined` if they failed. */
  readonly startMs: number | undefined;
  /** How much memory it takes, in MB. */
  readonly eachMB: number;
  /** How many are wanted. */
  readonly wanted: number;
  /**
   * How much memory is free, in MB.
   *
   * @default What the machine says
   */
  readonly freeMB?: number;
}

/** How many workers can be started within a quarter of a minute and half of the free memory, and what stands in the way of more. */
export function workersThatFit(
  { startMs, eachMB, wanted, freeMB = Deno.systemMemoryInfo().available / 2 ** 20 }: Known,
): { workers: number; why: string } {
  if (startMs === undefined) return { workers: 0, why: "Workers, one per call: they failed." };
  const byTime = START_MS / startMs;
  const byMemory = freeMB * SHARE / Math.max(eachMB, 0.1);
  const fits = Math.min(wanted, byTime, byMemory);
  const workers = fits < wanted ? Math.floor(fits / 50) * 50 : wanted;
  const all = (n: number): string =>
    `${count(n)} of them would take ${count(n * startMs / 1000)} s to start and ${
      (n * eachMB / 1024).toFixed(1)
    } GB`;
  const limit = byTime < byMemory ? `${START_MS / 1000} s to start` : "half of the free memory";
  const stop = workers < wanted
    ? `stopped at ${count(Math.max(workers, 100))}, by the limit of ${limit}: ${all(wanted)}`
    : `not taken further than ${count(workers)}`;
  return { workers, why: `Workers, one per call: ${stop}; ${all(10_000)}.` };
}
