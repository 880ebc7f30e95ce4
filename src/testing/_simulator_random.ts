/**
 * Chance that can be repeated: a small seeded generator and the latencies drawn from it.
 */
import type { SimulatorLatency, SimulatorRequest } from "./_simulator_options.ts";

/** Gives numbers from 0 up to, but not including, 1. */
export type Random = () => number;

/** Mulberry32: 32 bits of state are plenty for faults and latencies. */
export function seeded(seed: number): Random {
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
export function drawLatency(
  latency: SimulatorLatency,
  random: Random,
  request: SimulatorRequest,
): number {
  if (typeof latency === "number") return latency;
  if (typeof latency === "function") {
    const ms = latency(request);
    if (typeof ms === "number" && ms >= 0) return ms;
    throw new RangeError(
      `Cannot answer as latency must give milliseconds, 0 or more: current value is ${ms}`,
    );
  }
  if ("min" in latency) return latency.min + (latency.max - latency.min) * random();
  if ("mean" in latency) return Math.max(0, latency.mean + latency.stddev * normal(random));
  const sigma = Math.log(latency.p99 / latency.p50) / Z99;
  return latency.p50 * Math.exp(sigma * normal(random));
}

/** Box and Muller's way to the standard normal distribution; 1 - random keeps the logarithm finite. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}
