/** How far it goes with a worker for each call. */
import { count } from "../report/table.ts";

/** So much of the memory that is free may be used. */
const MEMORY_SHARE = 0.5;

/** What is known of workers. */
export interface WorkerFigures {
  /** How long one takes to start, in milliseconds; `undefined` if they failed. */
  readonly startMs: number | undefined;
  /** How much memory it takes, in MB. */
  readonly eachMB: number | undefined;
  /** How many are wanted. */
  readonly wanted: number;
  /** How long it may take to start all of them, in milliseconds. */
  readonly limitMs: number;
  /**
   * How much memory is free, in MB.
   *
   * @default What the machine says
   */
  readonly freeMB?: number;
}

/** How many workers can be started within the time and half of the free memory, and what stands in the way of more. */
export function workersThatFit(
  { startMs, eachMB, wanted, limitMs, freeMB = Deno.systemMemoryInfo().available / 2 ** 20 }: WorkerFigures,
): { workers: number; why: string } {
  if (startMs === undefined || eachMB === undefined) {
    return { workers: 0, why: "A worker per call: they failed." };
  }
  const byTime = limitMs / startMs;
  const byMemory = freeMB * MEMORY_SHARE / eachMB;
  const workers = roundDown(Math.min(wanted, byTime, byMemory));
  const all = `10,000 of them would take ${count(10 * startMs)} s to start and ${
    count(10_000 * eachMB / 1024)
  } GB`;
  if (workers === wanted) return { workers, why: `A worker per call: ${all}.` };
  const limit = byTime < byMemory
    ? `only so many start in ${limitMs / 1000} s`
    : "half of the free memory holds no more";
  return { workers, why: `A worker per call: ended at ${count(workers)}, as ${limit}; ${all}.` };
}

/** The 1, 2 or 5 with noughts that is not above. */
function roundDown(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  return [5, 2, 1].find((step) => step * power <= n)! * power;
}
