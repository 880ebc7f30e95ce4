/** Repeatable random numbers: a seeded generator, and distributions to draw from. */

/**
 * A number for each request: constant, normally distributed, uniformly distributed, log-normal
 * with two percentiles, or a function of the request.
 */
export type Distribution<Request> =
  | number
  | { readonly mean: number; readonly stddev: number }
  | { readonly min: number; readonly max: number }
  | { readonly p50: number; readonly p99: number }
  | ((request: Request) => number);

/** Returns a number from 0 up to, but not including, 1. */
export type Random = () => number;

/** Creates a Mulberry32 generator: its 32 bits of state suffice for faults and latencies. */
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
 * @throws {RangeError} If a latency function does not return a number of milliseconds.
 */
export function drawLatency<Request>(
  latency: Distribution<Request>,
  random: Random,
  request: Request,
): number {
  return drawNumber(latency, random, request, "latency must return milliseconds, 0 or more");
}

/**
 * Draws one number, never below 0.
 *
 * @throws {RangeError} If a function returns anything else; `must` says what it must return.
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

/**
 * Draws from the standard normal distribution by the Box–Muller transform. `1 - random()` keeps
 * the logarithm finite.
 */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
