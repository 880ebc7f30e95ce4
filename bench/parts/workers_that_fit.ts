import { count } from "../report/table.ts";

/** The share of the free memory that workers may use. */
const MEMORY_SHARE = 0.5;

/** The cost of a worker, and the limits. */
export interface WorkerFigures {
  /** The time to start a worker, in milliseconds; `undefined` if workers failed. */
  readonly startMs: number | undefined;
  /** The memory of a worker, in MB; `undefined` if workers failed. */
  readonly eachMB: number | undefined;
  /** The number of workers wanted. */
  readonly wanted: number;
  /** The maximum time to start all workers, in milliseconds. */
  readonly limitMs: number;
  /**
   * The free memory, in MB.
   *
   * @default The memory available on this machine
   */
  readonly freeMB?: number;
}

/** Returns how many workers start within the time and half of the free memory, and why no more. */
export function workersThatFit(
  { startMs, eachMB, wanted, limitMs, freeMB = Deno.systemMemoryInfo().available / 2 ** 20 }:
    WorkerFigures,
): { workers: number; why: string } {
  if (startMs === undefined || eachMB === undefined) {
    return { workers: 0, why: "A worker per call: the workers failed." };
  }
  const byTime = limitMs / startMs;
  const byMemory = freeMB * MEMORY_SHARE / eachMB;
  const workers = roundDown(Math.min(wanted, byTime, byMemory));
  const seconds = count(10 * startMs);
  const gigabytes = count(10_000 * eachMB / 1024);
  const all = `10,000 workers would need ${seconds} s to start and ${gigabytes} GB`;
  if (workers === wanted) return { workers, why: `A worker per call: ${all}.` };
  const limit = byTime < byMemory
    ? `no more start within ${limitMs / 1000} s`
    : "no more fit into half of the free memory";
  return {
    workers,
    why: `A worker per call: stopped at ${count(workers)} workers, as ${limit}; ${all}.`,
  };
}

/** Rounds down to 1, 2 or 5 times a power of ten. */
function roundDown(n: number): number {
  const power = 10 ** Math.floor(Math.log10(n));
  return [5, 2, 1].find((step) => step * power <= n)! * power;
}
