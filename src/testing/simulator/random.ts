/**
 * Chance that can be repeated: a small seeded generator and the latencies drawn from it.
 */

/**
 * A number for each request: always the same, normally distributed, evenly distributed, log-normal by two percentiles, or worked
 * out from the request.
 */
export type Distribution<Request> =
  | number
  | { readonly mean: number; readonly stddev: number }
  | { readonly min: number; readonly max: number }
  | { readonly p50: number; readonly p99: number }
  | ((request: Request) => number);

/** Gives numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** Mulberry32: 32 bits of state are plenty for faults and latencies. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The 99th percentile of the standard normal distribution. */
const Z99 = 2.3263478740408408;

/**
 * Draws one latency in milliseconds, never below 0.
 *
 * @throws {RangeError} If a latency function gives no number of milliseconds.
 */
export function drawLatency<Request>(
  latency: Distribution<Request>,
  random: Random,
  request: Request,
): number {
  return drawNumber(latency, random, request, "latency must give milliseconds, 0 or more");
}

/**
 * Draws one number, never below 0.
 *
 * @throws {RangeError} If a function gives no such number; `must` says what it must give.
 */
export function drawNumber<Request>(
  from: Distribution<Request>,
  random: Random,
  request: Request,
  must: string,
): number {
  if (typeof from === "number") return from;
  if (typeof from === "function") {
    const number = from(request);
    if (typeof number === "number" && number >= 0) return number;
    throw new RangeError(`Cannot answer as ${must}: current value is ${number}`);
  }
  if ("min" in from) return from.min + (from.max - from.min) * random();
  if ("mean" in from) return Math.max(0, from.mean + from.stddev * normal(random));
  const sigma = Math.log(from.p99 / from.p50) / Z99;
  return from.p50 * Math.exp(sigma * normal(random));
}

/** Box and Muller's way to the standard normal distribution; 1 - random keeps the logarithm finite. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
