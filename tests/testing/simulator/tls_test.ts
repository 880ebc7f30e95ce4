import { assert, assertEquals, assertRejects } from "@std/assert";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { chat, readEvents, textOf, until, user } from "./client.ts";

const read = (name: string) => Deno.readTextFileSync(new URL(`../certs/${name}`, import.meta.url));
const tls = { cert: read("localhost.crt.pem"), key: read("localhost.key.pem") };
const connect = (options: Deno.CreateHttpClientOptions = {}) =>
  Deno.createHttpClient({ caCerts: [tls.cert], ...options });

Deno.test("HTTPS: HTTP/2 for clients that support it, else HTTP/1.1", async () => {
  await using sim = simulator({ tls });
  assertEquals(sim.url, `https://127.0.0.1:${sim.port}/v1`);
  for (const options of [{}, { http2: false }]) {
    using client = connect(options);
    const text = await (await chat(sim, { messages: user("Say 'grün'") }, { client })).json();
    assertEquals(text.choices[0].message.content, "grün");
  }
  assertEquals(sim.stats.peakStreams, 1);
  assertEquals(sim.stats.connections, 2);
});

Deno.test("HTTP/2: the stream limit holds per connection", async () => {
  await using sim = simulator({ tls, maxConcurrentStreams: 10, latency: 200 });
  const ask = async (client: Deno.HttpClient) => {
    const response = await chat(sim, {}, { client });
    await response.body?.cancel();
    return response.status;
  };
  using one = connect();
  const statuses = await Promise.all(Array.from({ length: 50 }, () => ask(one)));
  assert(statuses.every((status) => status === 200));
  assertEquals([sim.stats.peakStreams, sim.stats.peakInFlight], [10, 10]);

  const clients = Array.from({ length: 10 }, () => connect());
  // One request first: a client without a connection opens one for each request.
  await Promise.all(clients.map(ask));
  await Promise.all(Array.from({ length: 300 }, (_, i) => ask(clients[i % 10]!)));
  for (const client of clients) client.close();
  assertEquals(sim.stats.peakStreams, 10);
  assertEquals(sim.stats.connections, 11);
  assert(sim.stats.peakInFlight > 50 && sim.stats.peakInFlight <= 100, `${sim.stats.peakInFlight}`);
});

Deno.test("HTTP/2: more streams than Deno's own server allows", async () => {
  await using sim = simulator({ tls, maxConcurrentStreams: 500, latency: 1_500 });
  using client = connect();
  await (await chat(sim, {}, { client })).body?.cancel();
  await Promise.all(
    Array.from({ length: 500 }, async () => (await chat(sim, {}, { client })).body?.cancel()),
  );
  assert(sim.stats.peakStreams > 300, `${sim.stats.peakStreams}`);
});

Deno.test("HTTP/2: large bodies in both directions, with flow control", async () => {
  await using sim = simulator({ tls, respond: (request) => request.text });
  using client = connect();
  const content = "ä1".repeat(2_000_000);
  const answers = await Promise.all([0, 1, 2].map(async () => {
    const response = await chat(sim, { messages: user(content) }, { client });
    return (await response.json()).choices[0].message.content;
  }));
  assert(answers.every((answer) => answer === content));
});

Deno.test("HTTP/2: streams and long headers", async () => {
  const long = "k".repeat(3000);
  await using sim = simulator({ tls, apiKey: long, tokensPerSecond: 500, chunkSize: 1 });
  using client = connect();
  for (let i = 0; i < 3; i++) {
    const headers = { authorization: `Bearer ${long}`, "x-odd": `~!@#$%^&*()_+{}|:"<>? ${i}` };
    const response = await chat(sim, { stream: true, messages: user("Say 'hello you'") }, {
      client,
      headers,
    });
    const { data, done } = readEvents(await response.text());
    assert(done);
    assertEquals(textOf(data), "hello you");
  }
});

Deno.test("HTTP/2: a fault resets one stream and no other", async () => {
  await using sim = simulator({
    tls,
    latency: 50,
    script: ["ok", "reset", "resetBody", "429", "ok"],
  });
  using client = connect();
  const ask = () => chat(sim, {}, { client });
  const neighbour = ask();
  await until(() => sim.stats.inFlight === 1);
  await assertRejects(ask, TypeError);
  const half = await ask();
  assertEquals(half.status, 200);
  await assertRejects(() => half.text(), TypeError);
  const limited = await ask();
  assertEquals([limited.status, limited.headers.get("retry-after-ms")], [429, "100"]);
  await limited.body?.cancel();
  assertEquals((await (await neighbour).json()).object, "chat.completion");
  assertEquals(sim.stats.connections, 1);
});

Deno.test("HTTP/2: a client that disconnects is counted; close ends stalls", async () => {
  const sim = simulator({ tls, script: ["stallHeaders", "stall", "stallKeepAlive"] });
  using client = connect();
  const controller = new AbortController();
  const first = chat(sim, {}, { client, signal: controller.signal }).catch((error) => error.name);
  await until(() => sim.stats.inFlight === 1);
  controller.abort();
  assertEquals(await first, "AbortError");
  await until(() => sim.stats.aborted === 1);
  const stalled = await chat(sim, {}, { client });
  const kept = await chat(sim, {}, { client });
  await sim.close();
  await assertRejects(() => stalled.text());
  await assertRejects(() => kept.text());
});

Deno.test("HTTPS: a client that does not trust the certificate affects no other", async () => {
  await using sim = simulator({ tls });
  using stranger = Deno.createHttpClient({});
  await assertRejects(() => chat(sim, {}, { client: stranger }), TypeError);
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: sim.port });
  await conn.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await conn.read(new Uint8Array(100)).catch(() => null);
  conn.close();
  using client = connect();
  assertEquals((await (await chat(sim, {}, { client })).json()).object, "chat.completion");
  assertEquals(sim.stats.connections, 1);
});
