import type { Provider } from "../../model/provider.ts";
import { checkVirtualProvider } from "./check_virtual_provider.ts";
import type { VirtualProviderOptions } from "./virtual_options.ts";
import type { VirtualArrival, VirtualProviderStats } from "./stats.ts";
import { VirtualServer } from "./virtual_server.ts";

export type { Distribution } from "../simulator/random.ts";
export type {
  VirtualFaultName,
  VirtualFaults,
  VirtualOutage,
  VirtualProviderOptions,
} from "./virtual_options.ts";
export type { VirtualArrival, VirtualProviderStats } from "./stats.ts";

/** A provider in memory that behaves like a hosted one. */
export interface VirtualProvider extends Provider {
  /** A copy of the current counts. */
  readonly stats: VirtualProviderStats;
  /** The first requests that arrived, at most `keep` of them. */
  readonly arrivals: readonly VirtualArrival[];
}

/**
 * Creates a provider in memory that behaves like a hosted one: it has latency, rate limits,
 * outages, faults and a limit on streams. It needs no socket and hardly any CPU time, so that
 * together with {@linkcode virtualTime} it simulates a hundred thousand calls in seconds. It also
 * works in real time.
 *
 * @throws {TypeError} If an option is unknown or has the wrong type.
 * @throws {RangeError} If a number is out of range.
 *
 * @example Three thousand calls at 600 per minute
 * ```ts
 * import { batch, configure, defineAgent } from "@shoal/agents";
 * import { virtualProvider, virtualTime } from "@shoal/agents/testing";
 *
 * const time = virtualTime({ seed: 1 });
 * const provider = virtualProvider({
 *   latency: { p50: 800, p99: 4_000 },
 *   limits: { requestsPerMinute: 600 },
 *   faults: { error500: 0.01 },
 * });
 * // With its own price: the public price list would be loaded while the clock runs.
 * configure({ prices: { m: { input: 1, output: 2 } } });
 * const Echo = defineAgent({
 *   name: "echo",
 *   model: "m",
 *   prompt: "{text}",
 *   provider,
 *   limits: { requestsPerMinute: 600 },
 * });
 * const calls = Array.from({ length: 3_000 }, (_, i) => [Echo, { text: `${i}` }] as const);
 *
 * const results = await time.run(() => batch(calls, { concurrency: 1_000 }));
 * console.log(`${results.length} calls in ${(time.now / 60_000).toFixed(1)} virtual minutes`);
 * console.log(provider.stats);
 * ```
 */
export function virtualProvider(options: VirtualProviderOptions = {}): VirtualProvider {
  checkVirtualProvider(options);
  const server = new VirtualServer(options);
  return {
    name: "virtual",
    get stats() {
      return server.collector.stats(server.waiting);
    },
    arrivals: server.collector.arrivals,
    generate: (request, options) => server.generate(request, options),
    stream: (request, options) => server.stream(request, options),
  };
}
