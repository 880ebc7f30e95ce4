import { assertEquals, assertThrows } from "@std/assert";
import { simulator, type SimulatorOptions } from "../../../src/testing/simulator/simulator.ts";

/** Nothing may listen after a rejection: the sanitizers would report it. */
const start = (options: unknown) => () => void simulator(options as SimulatorOptions);

Deno.test("rejects numbers out of range", () => {
  const cases: [unknown, string][] = [
    [
      { faults: { error500: 0.6, rateLimit: 0.7 } },
      "faults must add up to at most 1: current value is 1.3",
    ],
    [
      { faults: { reset: -0.1 } },
      "faults.reset must be a number from 0 to 1: current value is -0.1",
    ],
    [{ faults: { reset: NaN } }, "faults.reset must be"],
    [{ port: 70_000 }, "port must be a port from 0 to 65535: current value is 70000"],
    [{ latency: -1 }, "latency must be"],
    [{ latency: NaN }, "latency must be"],
    [
      { latency: { min: 5, max: 1 } },
      "latency.max must be at least latency.min: current value is 1",
    ],
    [{ latency: { p50: 0, p99: 1 } }, "latency.p50 must be"],
    [{ latency: { mean: 1, stddev: -1 } }, "latency.stddev must be"],
    [{ tokensPerSecond: 0 }, "tokensPerSecond must be"],
    [{ chunkSize: 1.5 }, "chunkSize must be"],
    [{ limits: { requestsPerMinute: 0 } }, "limits.requestsPerMinute must be"],
    [{ limits: { concurrency: 0.5 } }, "limits.concurrency must be"],
    [{ seed: -1 }, "seed must be"],
    [{ script: [{ type: "status", status: 99 }] }, "script[0].status must be"],
    [{ script: [{ type: "stall", afterChunks: -1 }] }, "script[0].afterChunks must be"],
  ];
  for (const [options, message] of cases) {
    assertThrows(start(options), RangeError, `Cannot start the simulator as ${message}`);
  }
});

Deno.test("rejects unknown names and wrong types", () => {
  const cases: [unknown, string][] = [
    [{ latancy: 1 }, 'there is no option "latancy": did you mean "latency"?'],
    [{ faults: { rateLimits: 0.1 } }, 'did you mean "rateLimit"?'],
    [{ faults: { error200: 0.1 } }, "error200"],
    [{ limits: { rpm: 1 } }, '"rpm"'],
    [{ latency: "1" }, "latency must be"],
    [{ latency: {} }, "latency must be"],
    [{ latency: { min: 1 } }, "latency.max must be"],
    [{ script: "429" }, "script must be"],
    [{ script: [429] }, "script[0] must be"],
    [{ script: [{ type: "stall", after: 1 }] }, '"after"'],
    [{ models: "m" }, "models must be"],
    [{ models: [""] }, "models[0] must be"],
    [{ respond: "hi" }, "respond must be a function"],
    [{ apiKey: "" }, "apiKey must be"],
    [{ tls: { cert: "x" } }, "tls.key must be"],
    [{ keepAlive: 1 }, "keepAlive must be true or false"],
    [{ maxConcurrentStreams: 5 }, "maxConcurrentStreams needs tls"],
    [null, "its options must be an object"],
  ];
  for (const [options, message] of cases) assertThrows(start(options), TypeError, message);
  assertThrows(start({ script: ["oops"] }), TypeError, 'the fault "oops"');
});

Deno.test("an option that is undefined counts as absent", async () => {
  await using sim = simulator({ latency: undefined, faults: undefined, port: undefined });
  assertEquals(sim.stats.requests, 0);
});

Deno.test("configure rejects invalid options and then changes nothing", async () => {
  await using sim = simulator();
  const change = (options: unknown) => () => sim.configure(options as SimulatorOptions);
  assertThrows(change({ port: 1 }), TypeError, "Cannot configure the simulator");
  assertThrows(change({ tls: { cert: "a", key: "b" } }), TypeError);
  assertThrows(change({ faults: { reset: 2 } }), RangeError, "Cannot configure the simulator");
});
