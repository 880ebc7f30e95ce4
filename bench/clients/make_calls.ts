import autocannon from "autocannon";
import type { Target } from "./target.ts";

/** Calls to be made, all alike. */
export interface CallsTask extends Target {
  /** How many. */
  readonly n: number;
  /** Over so many connections, one call at a time on each. */
  readonly concurrency: number;
}

/** What came of calls. */
export interface CallsResult {
  /** Answers with a status of success. */
  readonly completed: number;
  /** Other answers, and calls with none. */
  readonly failed: number;
  /** Half of the answers came within so many milliseconds. */
  readonly p50Ms: number;
  /** All but one in a hundred came within so many milliseconds. */
  readonly p99Ms: number;
}

/** What is read of a result of `autocannon`, which has no types of its own. */
interface AutocannonResult {
  readonly "2xx": number;
  readonly latency: { readonly p50: number; readonly p99: number };
}

/** Makes the calls. */
export async function makeCalls(
  { url, headers, body, n, concurrency }: CallsTask,
): Promise<CallsResult> {
  const shot: AutocannonResult = await autocannon({
    url,
    method: "POST",
    headers,
    body,
    amount: n,
    connections: concurrency,
    timeout: 30,
    // It ends with the sample in which the last answer came.
    sampleInt: 50,
  });
  const completed = shot["2xx"];
  return { completed, failed: n - completed, p50Ms: shot.latency.p50, p99Ms: shot.latency.p99 };
}
