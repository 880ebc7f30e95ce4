/** The contract of the port through which requests are sent. All drivers that run here run it. */
import { ProviderError } from "@shoal/agents";
import { assert, assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { createSender } from "../../../src/providers/http/send/create_sender.ts";
import { FetchSender } from "../../../src/providers/http/send/fetch_sender.ts";
import type {
  ChunkSource,
  HttpRequest,
  HttpSender,
  SenderOptions,
} from "../../../src/providers/http/send/http_sender.ts";
import { NodeSender } from "../../../src/providers/http/send/node_sender.ts";
import { neverAborts, serve, tls, until } from "../openai/helpers.ts";
import { rawServer, write } from "../runtimes/servers.ts";

const DRIVERS: Readonly<Record<string, (options: SenderOptions) => HttpSender>> = {
  "this runtime": (options) => createSender({ ...options, fetch: undefined }),
  "undici": (options) => new NodeSender(options),
  "a fetch": () => new FetchSender(),
};

const bytes = (text: string) => new TextEncoder().encode(text);

const decode = (chunk: Uint8Array | undefined) => chunk && new TextDecoder().decode(chunk);

/** Reads the chunks of a body to its end. */
async function readAll(source: ChunkSource): Promise<string> {
  let all = "";
  for (let text; (text = decode(await source.read())) !== undefined;) all += text;
  return all;
}

for (const [name, create] of Object.entries(DRIVERS)) {
  const test = (
    title: string,
    fn: (start: (baseURL: string) => HttpSender) => Promise<void>,
  ) =>
    Deno.test(`http sender, ${name}: ${title}`, async () => {
      await using senders = new AsyncDisposableStack();
      await fn((baseURL) => senders.use(create({ baseURL, connections: 10, caCerts: [tls.cert] })));
    });
  const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
    url: `${url}/x?y=1`,
    headers: { "content-type": "application/json", "x-mine": "ä" },
    body: '"ü"',
    signal: neverAborts(),
    ...more,
  });

  test("sends a request, and reads the response as text", async (start) => {
    await using server = serve(async (request) => {
      const { method, url, headers } = request;
      const body = await request.text();
      const seen = [method, new URL(url).search, headers.get("x-mine"), body];
      return Response.json(seen, { status: 201, headers: { "X-Yours": "1" } });
    });
    const response = await start(server.url).send(request(server.url));
    assertEquals([response.status, response.headers.get("x-yours")], [201, "1"]);
    assertEquals([response.headers.has("x-yours"), response.headers.has("x-other")], [true, false]);
    assertStrictEquals(response.headers.get("x-other"), null);
    assertEquals(JSON.parse(await response.text(1e9)), ["POST", "?y=1", "ä", '"ü"']);
  });

  test("decodes text as UTF-8, also across chunks, and without a byte order mark", async (start) => {
    await using server = rawServer(async (conn) => {
      await conn.write(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"));
      for (const byte of bytes("\ufeff😀é")) await conn.write(new Uint8Array([byte]));
    });
    const response = await start(server.url).send(request(server.url));
    assertEquals(await response.text(1e9), "😀é");
  });

  test("reads chunks as they arrive", async (start) => {
    const next = Promise.withResolvers<void>();
    await using server = serve(() =>
      new Response(ReadableStream.from((async function* () {
        yield bytes("one");
        await next.promise;
        yield bytes("two");
      })()))
    );
    const response = await start(server.url).send(request(server.url));
    assertEquals(decode(await response.read()), "one");
    next.resolve();
    assertEquals(await readAll(response), "two");
  });

  test("reads a large body at the pace of its reader", async (start) => {
    let sent = 0;
    const chunk = new Uint8Array(100_000).fill(7);
    await using server = serve(() =>
      new Response(
        new ReadableStream({
          pull(controller) {
            if (++sent > 300) return controller.close();
            controller.enqueue(chunk);
          },
        }),
      )
    );
    const response = await start(server.url).send(request(server.url));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert(sent < 250, `the server has to wait: ${sent}`);
    let size = 0;
    for (let part; (part = await response.read()) !== undefined;) size += part.length;
    assertEquals(size, 300 * chunk.length);
    const other = await start(server.url).send((sent = 0, request(server.url)));
    await new Promise((resolve) => setTimeout(resolve, 300));
    assertEquals((await other.text(1e9)).length, 300 * chunk.length);
  });

  test("reports a response that has no body", async (start) => {
    await using server = serve(() => new Response(null, { status: 204 }));
    const response = await start(server.url).send(request(server.url));
    await assertRejects(() => response.read(), SyntaxError, "no body");
    response.cancel();
  });

  test("rejects with the reason when the signal aborts", async (start) => {
    const text = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none";
    await using server = rawServer(async (conn, { number }) => {
      if (number > 1) await conn.write(bytes(text));
    });
    const sender = start(server.url);
    const reason = new Error("enough");
    const abort = async (act: (signal: AbortSignal) => Promise<unknown>) => {
      const controller = new AbortController();
      const error = assertRejects(() => act(controller.signal), Error);
      setTimeout(() => controller.abort(reason), 50);
      assertStrictEquals(await error, reason);
    };
    const send = (signal: AbortSignal) => sender.send(request(server.url, { signal }));
    await abort(send);
    await abort(async (signal) => (await send(signal)).text(1e9));
    await abort(async (signal) => readAll(await send(signal)));
    await assertRejects(() => send(AbortSignal.abort(reason)), Error, "enough");
    assertEquals(server.requests.length, 3);
    await until(() => server.closed === 3, "the connections are closed");
  });

  test("closes the connection of a response that is cancelled", async (start) => {
    await using server = rawServer(async (conn) => {
      await conn.write(bytes("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\none"));
    });
    const sender = start(server.url);
    (await sender.send(request(server.url))).cancel();
    await until(() => server.closed >= 1, "the first connection is closed");
    const response = await sender.send(request(server.url));
    assertEquals(decode(await response.read()), "one");
    const pending = response.read();
    response.cancel();
    assertStrictEquals(await pending, undefined);
    await until(() => server.closed >= 2, "the second connection is closed");
  });

  test("reuses a connection, and does not follow redirects", async (start) => {
    await using server = rawServer(async (conn) => {
      await write(conn, "", { status: "302 Found", headers: { location: "/y" } });
    });
    const sender = start(server.url);
    for (const onConnection of [1, 2, 3]) {
      const response = await sender.send(request(server.url));
      assertEquals([response.status, response.headers.get("location")], [302, "/y"]);
      assertEquals(await response.text(1e9), "");
      assertEquals(server.requests.at(-1)!.onConnection, onConnection);
      // undici uses a connection again in the next turn of the event loop.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  });

  test("rejects when the connection breaks, and sends nothing twice", async (start) => {
    await using server = rawServer(async (conn, { number }) => {
      if (number > 1) await write(conn, "one", { length: 9 });
      return "close";
    });
    const sender = start(server.url);
    await assertRejects(() => sender.send(request(server.url)));
    const text = await sender.send(request(server.url));
    await assertRejects(() => text.text(1e9));
    const chunks = await sender.send(request(server.url));
    await assertRejects(() => readAll(chunks));
    assertEquals(server.requests.length, 3);
  });

  test("lets requests in flight finish on dispose, and rejects new ones", async (start) => {
    const answered = Promise.withResolvers<void>();
    let requests = 0;
    await using server = serve(async () => {
      requests++;
      await answered.promise;
      return new Response("late");
    });
    const sender = start(server.url);
    const sent = sender.send(request(server.url));
    await until(() => requests === 1, "the request has arrived");
    await sender[Symbol.asyncDispose]();
    const error = await assertRejects(() => sender.send(request(server.url)), ProviderError);
    assertEquals([error.code, error.retryable], ["provider", false]);
    answered.resolve();
    assertEquals(await (await sent).text(1e9), "late");
    await sender[Symbol.asyncDispose]();
  });
}
