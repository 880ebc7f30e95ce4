import autocannon from "autocannon";
import type { Target } from "./target.ts";

/** Identical calls to make. */
export interface CallsTask extends Target {
  /** The number of calls. */
  readonly n: number;
  /** The number of connections, with one call at a time on each. */
  readonly concurrency: number;
}

/** How calls ended, and how long they took. */
export interface CallsResult {
  /** Responses with a status of 2xx. */
  readonly completed: number;
  /** Calls with another status or without a response. */
  readonly failed: number;
  /** The median latency, in milliseconds. */
  readonly p50Ms: number;
  /** The 99th percentile of the latency, in milliseconds. */
  readonly p99Ms: number;
}

/** The fields of an `autocannon` result that are read here; the package has no types. */
interface AutocannonResult {
  readonly "2xx": number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** Makes identical calls and returns how they ended. */
export async function makeCalls(
  { url, headers, body, n, concurrency }: CallsTask,
): Promise<CallsResult> {
  const result: AutocannonResult = await autocannon({
    url,
    method: "POST",
    headers,
    body,
    amount: n,
    connections: concurrency,
    timeout: 30,
    // The run ends with the sample in which the last response arrives: short samples end it sooner.
    sampleInt: 50,
  });
  const { "2xx": completed, latency: { p50, p99 } } = result;
  return { completed, failed: n - completed, p50Ms: p50, p99Ms: p99 };
}
