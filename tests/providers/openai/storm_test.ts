/** Everything fails at once, and yet each call ends, in exactly one way. */
import { batch, defineAgent, type Result } from "@shoal/agents";
import type { SimulatorFault, SimulatorOptions } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { startPair, tls } from "./helpers.ts";

interface Storm {
  readonly calls: number;
  readonly streamed: boolean;
  readonly sim: SimulatorOptions;
  /** The fault of a stream. `undefined` leaves it to chance. */
  readonly fault?: (n: number) => SimulatorFault | undefined;
}

async function storm({ calls, streamed, sim, fault }: Storm): Promise<readonly Result[]> {
  const keys = new Set<string | undefined>();
  await using pair = startPair({
    latency: { min: 1, max: 10 },
    keepAlive: true,
    respond: ({ text }) => `You said ${text}.`,
    script(request, n) {
      keys.add(request.header("idempotency-key"));
      return fault?.(n);
    },
    ...sim,
  });
  const Ask = defineAgent({
    name: "ask",
    model: "m",
    prompt: "{n}",
    provider: pair.provider,
    retries: { max: 6, base: 1 },
  });
  const deltas = new Array<string>(calls).fill("");
  const seen = new Array<number>(calls).fill(0);
  const results = await batch(
    deltas.map((_, n) =>
      [
        Ask,
        { n },
        streamed ? { onDelta: (text: string) => void (deltas[n] += text) } : {},
      ] as const
    ),
    { concurrency: 200, onResult: (_, index) => void seen[index]!++ },
  );

  assertEquals(results.length, calls);
  assert(seen.every((times) => times === 1), "each call ends once");
  const ok = results.filter((result) => result.ok);
  for (const [n, result] of results.entries()) {
    if (!result.ok) continue;
    assertEquals(result.content, `You said ${n}.`);
    assertEquals(deltas[n], streamed ? result.content : "");
    assert(result.attempts.slice(0, -1).every((attempt) => attempt.error !== undefined));
  }
  assert(ok.length > 0.995 * calls, `${ok.length} of ${calls} are ok`);
  const attempts = results.reduce((sum, result) => sum + result.attempts.length, 0);
  assert(attempts > calls, "something did go wrong");
  // Deno may resend a request when a connection breaks, with the same key.
  assertEquals(keys.size, attempts);
  assert(pair.sim.stats.requests >= attempts);
  assertEquals(pair.sim.stats.inFlight, 0);
  return results;
}

const faults = { rateLimit: 0.1, error500: 0.05, reset: 0.02, truncate: 0.02, malformed: 0.02 };

/** The statuses and codes of all failed attempts. */
const kinds = (results: readonly Result[]) =>
  new Set(results.flatMap((result) => result.attempts.map((attempt) => attempt.error?.code)));

Deno.test("storm: 1,000 complete responses", async () => {
  const results = await storm({ calls: 1000, streamed: false, sim: { faults } });
  const codes = kinds(results);
  assert(codes.has("rate_limited") && codes.has("provider"), [...codes].join());
});

Deno.test("storm: 400 streams that break before their first delta", async () => {
  const early: Record<number, SimulatorFault> = {
    3: { type: "truncate", afterChunks: 0 },
    7: { type: "malformed", afterChunks: 0 },
    11: { type: "streamError", afterChunks: 0 },
    13: { type: "resetBody", afterChunks: 0 },
  };
  const results = await storm({
    calls: 400,
    streamed: true,
    sim: { faults: { rateLimit: 0.1, error500: 0.05, reset: 0.02 } },
    fault: (n) => early[n % 40],
  });
  for (const code of ["rate_limited", "provider", "truncated", "network"] as const) {
    assert(kinds(results).has(code), code);
  }
});

Deno.test("storm: 400 responses over HTTP/2", async () => {
  const results = await storm({
    calls: 400,
    streamed: false,
    sim: { faults: { ...faults, resetBody: 0.02 }, tls, maxConcurrentStreams: 50 },
  });
  assert(kinds(results).has("network"));
});
