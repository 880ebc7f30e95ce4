import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { Transport } from "../../../src/providers/http/send/deno/transport.ts";
import {
  first,
  neverAborts,
  type Pair,
  read,
  request,
  serve,
  startPair,
  tls,
  until,
} from "../openai/helpers.ts";

/** Sends the given number of requests at once. */
const many = (n: number, send: () => Promise<unknown>) =>
  Promise.all(Array.from({ length: n }, send));

/**
 * Opens the connections that the given number of simultaneous requests needs. A client without a
 * connection opens one for each request that arrives in the meantime, which takes time.
 */
async function warm({ generate, sim }: Pair, calls = 1): Promise<void> {
  sim.configure({ latency: 0 });
  await generate();
  await many(calls, generate);
  sim.configure({ latency: 300 });
  sim.resetStats();
}

Deno.test("transport: creates clients on demand, and balances them", () => {
  using transport = new Transport("https://127.0.0.1:1/v1", {
    streamsPerConnection: 2,
    maxConnections: 3,
  });
  assertEquals(transport.size, 0);
  const sizes: number[] = [];
  const leases = Array.from({ length: 9 }, () => {
    const lease = transport.lease();
    sizes.push(transport.size);
    return lease;
  });
  assertEquals(sizes, [1, 1, 2, 2, 3, 3, 3, 3, 3]);
  const shares = Map.groupBy(leases, (lease) => lease.client);
  assertEquals([...shares.values()].map((share) => share.length), [3, 3, 3]);
});

Deno.test("transport: reuses a released lease, and releases it once", () => {
  using transport = new Transport("https://127.0.0.1:1/v1", {
    streamsPerConnection: 1,
    maxConnections: 10,
  });
  for (let i = 0; i < 5; i++) {
    using lease = transport.lease();
    assert(lease.client !== undefined);
  }
  assertEquals(transport.size, 1);
  const lease = transport.lease();
  lease[Symbol.dispose]();
  lease[Symbol.dispose]();
  using _one = transport.lease();
  assertEquals(transport.size, 1);
  using _two = transport.lease();
  assertEquals(transport.size, 2);
});

Deno.test("transport: creates none for plain HTTP; accepts https in capitals", () => {
  using plain = new Transport("http://127.0.0.1:1/v1", {
    streamsPerConnection: 1,
    maxConnections: 10,
  });
  using lease = plain.lease();
  assertEquals([lease.client, plain.size], [undefined, 0]);
  using capitals = new Transport(" HTTPS://127.0.0.1:1/v1", {
    streamsPerConnection: 1,
    maxConnections: 10,
  });
  using _ = capitals.lease();
  assertEquals(capitals.size, 1);
});

Deno.test("transport: opens nothing after it was closed", () => {
  for (const url of ["https://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"]) {
    const transport = new Transport(url, { streamsPerConnection: 1, maxConnections: 10 });
    const lease = transport.lease();
    transport[Symbol.dispose]();
    lease[Symbol.dispose]();
    assertThrows(() => transport.lease(), TypeError, "disposed");
    assertEquals(transport.size, 0);
    transport[Symbol.dispose]();
  }
});

Deno.test("transport: carries more requests than one connection allows", async () => {
  await using pair = startPair({ tls, maxConcurrentStreams: 20 });
  const { sim, generate } = pair;
  await warm(pair, 250);
  await many(250, generate);
  assertEquals(sim.stats.peakStreams, 20);
  assert(sim.stats.peakInFlight > 20, `${sim.stats.peakInFlight}`);
  // The same connections are reused.
  assertEquals([sim.stats.byStatus, sim.stats.connections], [{ 200: 250 }, 0]);
});

Deno.test("transport: uses all streams that a server allows per connection", async () => {
  await using pair = startPair({ tls, maxConcurrentStreams: 100 });
  await warm(pair, 300);
  await many(300, pair.generate);
  const { peakStreams, peakInFlight } = pair.sim.stats;
  assert(peakStreams <= 100 && peakInFlight > 150, `${peakStreams}, ${peakInFlight}`);
});

Deno.test("transport: opens at most one connection with connections: 1", async () => {
  await using pair = startPair({ tls, maxConcurrentStreams: 20 }, { connections: 1 });
  await warm(pair);
  await many(150, pair.generate);
  const { peakStreams, peakInFlight, byStatus } = pair.sim.stats;
  assertEquals([peakStreams, peakInFlight, byStatus], [20, 20, { 200: 150 }]);
});

Deno.test("transport: spreads streams, too", async () => {
  await using pair = startPair({ tls, maxConcurrentStreams: 20 });
  await warm(pair, 150);
  const all = await Promise.all(Array.from({ length: 150 }, () => pair.stream()));
  assert(all.every(({ text, reply }) => text === reply.text && text !== ""));
  const { peakInFlight } = pair.sim.stats;
  assert(peakInFlight > 20, `${peakInFlight}`);
});

Deno.test("transport: releases the lease of a failed or aborted request", async () => {
  await using pair = startPair({
    tls,
    maxConcurrentStreams: 100,
    latency: 200,
    tokensPerSecond: 200,
  });
  const { sim, provider } = pair;
  await warm(pair);
  const waves: (() => Promise<unknown>)[] = [
    pair.error,
    pair.streamError,
    () => assertRejects(() => provider.generate(request(), { signal: AbortSignal.timeout(5) })),
    () => assertRejects(() => read(provider.stream(request(), { signal: AbortSignal.timeout(5) }))),
    () => first(provider, neverAborts()),
    () => provider.stream(request(), { signal: neverAborts() })[Symbol.asyncIterator]().return!(),
    pair.generate,
  ];
  for (const [i, wave] of waves.entries()) {
    sim.configure({ script: i < 2 ? () => "500" : undefined });
    await many(60, wave);
    await until(() => sim.stats.inFlight === 0, `wave ${i} is over`);
  }
  // Each wave is more than half of a connection's limit: no second connection was needed.
  assertEquals(sim.stats.connections, 0);
});

Deno.test("transport: lets requests in flight finish on dispose, and closes the rest", async () => {
  await using pair = startPair({ tls });
  await warm(pair);
  const requests = many(5, pair.generate);
  await until(() => pair.sim.stats.inFlight === 5, "all are on the wire");
  await pair.provider[Symbol.asyncDispose]();
  assertEquals((await requests).length, 5);
});

Deno.test("transport: shares nothing between two providers", async () => {
  await using pair = startPair({ tls });
  const { sim } = pair;
  await using other = openai({ baseURL: sim.url, caCerts: [tls.cert] });
  await pair.generate();
  await other.generate(request(), { signal: neverAborts() });
  assertEquals(sim.stats.connections, 2);
  await pair.provider[Symbol.asyncDispose]();
  assert((await other.generate(request(), { signal: neverAborts() })).text !== "");
});

Deno.test("transport: opens as many HTTP/1.1 connections as needed", async () => {
  let inFlight = 0;
  let peak = 0;
  const all = Promise.withResolvers<void>();
  await using server = serve(async () => {
    peak = Math.max(peak, ++inFlight);
    if (inFlight === 150) all.resolve();
    await all.promise;
    return Response.json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }] });
  });
  await using provider = openai({ baseURL: server.url, connections: 1 });
  await many(150, () => provider.generate(request(), { signal: neverAborts() }));
  assertEquals(peak, 150);
});
