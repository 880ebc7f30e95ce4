/** Tests how requests are sent on Node and Bun, by clients in processes of their own. */
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createServer } from "node:tls";
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { RUNTIMES } from "../../runtimes/runtimes.ts";
import { bindPort } from "../../../src/testing/simulator/http/bind_port.ts";
import { connect, type Connection } from "../../sockets.ts";
import { listen, serve, tls, until } from "../openai/helpers.ts";
import type { Task } from "./client.ts";
import { runClient } from "./run_client.ts";
import { answer, rawServer, write } from "./servers.ts";

const caCerts = [tls.cert];
const bytes = (text: string) => new TextEncoder().encode(text);

/** Forwards what arrives, until one side closes. */
async function forward(from: Connection, to: Connection): Promise<void> {
  try {
    for (let some; (some = await from.read()) !== undefined;) await to.write(some);
  } catch {
    // The other side has closed.
  }
  to.close();
}

/** Bun sends the requests above a maximum of its own with undici, here all of them. */
const BUN_WITH_UNDICI = { BUN_CONFIG_MAX_HTTP_REQUESTS: "1" };

const SENDERS = RUNTIMES.flatMap((runtime) => [
  { name: runtime.name, runtime, base: {} },
  ...(runtime.isBun
    ? [{ name: `${runtime.name} with undici`, runtime, base: BUN_WITH_UNDICI }]
    : []),
]);

for (const { name, runtime, base } of SENDERS) {
  const test = (title: string, fn: () => Promise<void>) =>
    Deno.test({ name: `${name}: ${title}`, ignore: runtime.path === undefined, fn });
  const run = (task: Task, env: Record<string, string> = {}) =>
    runClient(runtime, task, { ...base, ...env });

  test("reads answers and streams, and ends although nothing disposes it", async () => {
    await using sim = simulator({ respond: () => "A short answer in a few words" });
    for (const streamed of [false, true]) {
      const outcome = await run({
        options: { baseURL: sim.url },
        calls: 20,
        concurrency: 5,
        streamed,
      });
      assertEquals(outcome.contents, ["A short answer in a few words"]);
      assertEquals([outcome.ok, outcome.unhandled], [20, []]);
      assertEquals(outcome.deltas > 20, streamed);
    }
    assert(sim.stats.connections <= 10, `${sim.stats.connections} connections`);
  });

  test("trusts caCerts besides the default certificates", async () => {
    await using sim = simulator({ tls });
    const options = { baseURL: sim.url, caCerts };
    const outcome = await run({ options, calls: 20, concurrency: 10 });
    assertEquals([outcome.ok, outcome.unhandled], [20, []]);
    const without = await run({ options: { baseURL: sim.url }, retries: 1 });
    assertEquals([without.error?.code, without.attempts], ["network", ["network", "network"]]);
    assertMatch(without.error!.message, /certificate/i);
  });

  test("says that a server does not speak TLS, or accepts only HTTP/2", async () => {
    await using plain = listen(async (conn) => {
      await conn.read();
      await conn.write("HTTP/1.1 400 Bad Request\r\n\r\n");
      conn.close();
    });
    const { error } = await run({ options: { baseURL: plain.url.replace("http:", "https:") } });
    assertMatch(error!.message, /TLS (?:on this port|handshake failed)[^:]*$/);
    const http2 = createServer({ ...tls, ALPNProtocols: ["h2"] }, (socket) => socket.destroy());
    const port = bindPort(http2, 0);
    try {
      const options = { baseURL: `https://127.0.0.1:${port}/v1`, caCerts };
      const { error } = await run({ options });
      assertMatch(error!.message, /does not accept HTTP\/1\.1$|TLS handshake failed[^:]*$/);
    } finally {
      http2.close();
    }
  });

  test("decompresses answers and errors", async () => {
    const encodings = {
      gzip: gzipSync,
      deflate: deflateSync,
      br: brotliCompressSync,
      zstd: zstdCompressSync,
    };
    for (const [encoding, compress] of Object.entries(encodings)) {
      await using server = rawServer(async (conn, { number }) => {
        const body = number === 1 ? '{"error":{"message":"odd"}}' : answer("é".repeat(50_000));
        await write(conn, new Uint8Array(compress(bytes(body))), {
          status: number === 1 ? "500 Error" : "200 OK",
          headers: { "content-encoding": encoding },
        });
      });
      const failed = await run({ options: { baseURL: server.url } });
      assertMatch(failed.error!.message, /500: odd/);
      const { contents } = await run({ options: { baseURL: server.url } });
      assertEquals(contents, ["é".repeat(50_000)], encoding);
    }
  });

  test("reads a body whose encoding is none", async () => {
    await using server = rawServer(async (conn) => {
      await write(conn, answer("as it is"), { headers: { "content-encoding": "UTF-8" } });
    });
    const { contents, unhandled } = await run({ options: { baseURL: server.url } });
    assertEquals([contents, unhandled], [["as it is"], []]);
  });

  test("reports a body that cannot be decompressed", async () => {
    await using server = rawServer(async (conn) => {
      await write(conn, "no gzip", { headers: { "content-encoding": "gzip" } });
    });
    const { error, unhandled } = await run({ options: { baseURL: server.url } });
    assertEquals([error?.code, unhandled], ["network", []]);
  });

  test("aborts while it connects, and closes the connection", async () => {
    let closed = 0;
    await using server = listen(async (conn) => {
      await conn.untilClosed();
      closed++;
    });
    const options = { baseURL: `https://127.0.0.1:${server.port}/v1` };
    const { error, unhandled } = await run({ options, abortAfter: 2_000 });
    assertEquals([error?.code, unhandled], ["aborted", []]);
    await until(() => closed === 1, "the connection is closed");
  });

  const phases = {
    "waits for the headers": "",
    "reads a body": "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n" +
      'content-length: 99\r\n\r\n{"choices"',
    "reads a stream": "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" +
      'data: {"choices":[{"delta":{"content":"a"}}]}\n\n',
  };
  for (const [phase, text] of Object.entries(phases)) {
    test(`aborts while it ${phase}, and closes the connection`, async () => {
      await using server = rawServer(async (conn) => {
        if (text !== "") await conn.write(bytes(text));
      });
      const outcome = await run({
        options: { baseURL: server.url },
        streamed: phase === "reads a stream",
        abortAfter: 2_000,
      });
      assertEquals([outcome.error?.code, outcome.unhandled], ["aborted", []]);
      assertEquals(server.requests.length, 1);
      await until(() => server.closed === 1, "the connection is closed");
    });
  }

  test("ends an attempt by its time limit, and makes another", async () => {
    await using server = rawServer(async (conn, { number }) => {
      if (number > 1) await write(conn, answer());
    });
    const options = { baseURL: server.url };
    const { attempts, ok } = await run({ options, attempt: 2_000, retries: 1 });
    assertEquals([attempts, ok], [["timeout", "ok"], 1]);
    assertEquals(server.requests.length, 2);
  });

  test("does not follow redirects", async () => {
    let followed = 0;
    await using other = serve(() => {
      followed++;
      return Response.json({});
    });
    await using server = rawServer(async (conn) => {
      const headers = { location: `${other.url}/x?key=secret` };
      await write(conn, "Moved", { status: "307 Moved", headers });
    });
    const { error } = await run({ options: { baseURL: server.url }, retries: 2 });
    assertEquals([error?.code, error?.status, error?.retryable], ["provider", 307, false]);
    assertStringIncludes(error!.message, `the server redirects requests to ${other.url}/x,`);
    assertEquals([server.requests.length, followed], [1, 0]);
  });

  test("reports a refused connection, without the address", async () => {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const { port } = listener.addr;
    listener.close();
    const options = { baseURL: `http://127.0.0.1:${port}/secret-path/v1` };
    const { error, attempts } = await run({ options, retries: 1 });
    assertEquals([error?.code, error?.retryable], ["network", true]);
    assertEquals(attempts, ["network", "network"]);
    assertStringIncludes(error!.message, "Connection refused");
    assert(!/secret-path|127\.0\.0\.1/.test(error!.message), error!.message);
  });

  test("reports an invalid certificate in caCerts clearly, and once", async () => {
    const pem = "-----BEGIN CERTIFICATE-----\nabcd\n-----END CERTIFICATE-----\n";
    const options = { baseURL: "https://127.0.0.1:1/v1", caCerts: [pem] };
    const { error, attempts, unhandled } = await run({ options, retries: 1 });
    assertEquals([error?.code, attempts.length, unhandled], ["provider", 1, []]);
    assertMatch(error!.message, /certificate/);
  });

  test("reports connections that break, and sends no request twice by itself", async () => {
    // The server resets reused connections: when the second request has arrived.
    await using server = rawServer(async (conn, { number, onConnection }) => {
      if (number === 1 || onConnection > 1) return "close";
      if (number === 2) {
        await write(conn, '{"choices"', { length: 99 });
        return "close";
      }
      await write(conn, answer());
    });
    const options = { baseURL: server.url };
    const first = await run({ options, retries: 3 });
    assertEquals(first.attempts, ["network", "network", "ok"]);
    assertEquals(server.requests.length, 3);
    const two = await run({ options, calls: 2, retries: 0 });
    assertEquals([two.ok, two.error?.code, two.error?.retryable], [1, "network", true]);
    assertEquals(server.requests.length, 5);
  });

  test("opens a new connection for one that the server has closed while idle", async () => {
    await using server = rawServer(async (conn) => {
      await write(conn, answer());
      return "close";
    });
    const options = { baseURL: server.url };
    const { ok, unhandled } = await run({ options, calls: 3, pause: 100 });
    assertEquals([ok, unhandled, server.requests.length], [3, [], 3]);
  });

  test("sends a prompt of 5 MB", async () => {
    let size = 0;
    await using server = serve(async (request) => {
      size = (await request.arrayBuffer()).byteLength;
      return new Response(answer(), { headers: { "content-type": "application/json" } });
    });
    const options = { baseURL: server.url };
    assertEquals((await run({ options, length: 5_000_000 })).ok, 1);
    assert(size > 5_000_000, `${size} bytes`);
  });

  for (const [scheme, more] of [["http", {}], ["https", { tls }]] as const) {
    test(`has 1,000 requests in flight at once, ${scheme}`, async () => {
      const all = Promise.withResolvers<void>();
      let inFlight = 0;
      await using sim = simulator({
        ...more,
        async respond() {
          if (++inFlight === 1_000) all.resolve();
          await all.promise;
          return "a";
        },
      });
      const options = { baseURL: sim.url, caCerts };
      const task = { options, calls: 1_000, concurrency: 1_000, retries: 1 };
      const { ok, unhandled, error } = await run(task);
      assertEquals([ok, unhandled, error], [1_000, [], undefined]);
    });
  }

  test("uses the proxy in HTTP_PROXY, except for hosts in NO_PROXY", async () => {
    await using server = rawServer(async (conn) => {
      await write(conn, answer("from the server"));
    });
    await using proxy = rawServer(async (conn) => {
      await write(conn, answer("from the proxy"));
    });
    const env = { HTTP_PROXY: `http://user:pw@127.0.0.1:${proxy.port}` };
    const task = { options: { baseURL: "http://models.example:81/v1" }, calls: 2 };
    const proxied = await run(task, env);
    assertEquals([proxied.contents, proxied.unhandled], [["from the proxy"], []]);
    const { head } = proxy.requests[0]!;
    assertMatch(head, /^POST http:\/\/models\.example:81\/v1\/chat\/completions HTTP\/1\.1\r\n/);
    assertMatch(head, /^host: models\.example:81\r?$/im);
    assertMatch(head, /^proxy-authorization: Basic dXNlcjpwdw==\r?$/im);
    const direct = await run({ options: { baseURL: server.url } }, {
      ...env,
      NO_PROXY: "127.0.0.1",
    });
    assertEquals(direct.contents, ["from the server"]);
  });

  test("adds the scheme to a proxy", async () => {
    await using proxy = rawServer(async (conn) => {
      await write(conn, answer("from the proxy"));
    });
    const options = { baseURL: "http://models.example:81/v1" };
    for (const host of ["127.0.0.1", "localhost"]) {
      const env = { HTTP_PROXY: `${host}:${proxy.port}` };
      assertEquals((await run({ options }, env)).contents, ["from the proxy"]);
    }
  });

  test("opens a tunnel through the proxy in HTTPS_PROXY", async () => {
    await using sim = simulator({ tls });
    const tunnels: string[] = [];
    await using proxy = listen(async (conn) => {
      tunnels.push((await conn.readText()).split("\r\n")[0]!);
      await conn.write("HTTP/1.1 200 OK\r\n\r\n");
      const onward = await connect(sim.port);
      await Promise.all([forward(conn, onward), forward(onward, conn)]);
    });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const options = { baseURL: `https://localhost:${sim.port}/v1`, caCerts };
    const { ok, error, unhandled } = await run({ options, calls: 2 }, env);
    assertEquals([ok, error, unhandled], [2, undefined, []]);
    assertEquals(new Set(tunnels), new Set([`CONNECT localhost:${sim.port} HTTP/1.1`]));
  });

  test("reports a proxy that closes the connection", async () => {
    await using proxy = listen(async (conn) => {
      await conn.readText();
      conn.close();
    });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const options = { baseURL: "https://models.example/v1" };
    const { error, attempts, unhandled } = await run({ options, retries: 1 }, env);
    assertEquals([error?.code, error?.retryable, unhandled], ["network", true, []]);
    assertEquals(attempts, ["network", "network"]);
  });

  test("sends nothing after an abort, when a proxy opens its tunnel late", async () => {
    await using sim = simulator({ tls });
    await using proxy = listen(async (conn) => {
      await conn.readText();
      await new Promise((resolve) => setTimeout(resolve, 4_000));
      await conn.write("HTTP/1.1 200 OK\r\n\r\n");
      const onward = await connect(sim.port);
      await Promise.all([forward(conn, onward), forward(onward, conn)]);
    });
    const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` };
    const options = { baseURL: `https://localhost:${sim.port}/v1`, caCerts };
    const { error, unhandled } = await run({ options, abortAfter: 2_000 }, env);
    assertEquals([error?.code, unhandled], ["aborted", []]);
    assertEquals(sim.stats.requests, 0);
  });
}
