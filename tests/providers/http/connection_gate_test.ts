/** Many simultaneous calls over HTTPS without an open connection. */
import { ProviderError } from "@shoal/agents";
import { openai, type OpenAIProvider } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { fakeTime } from "../../helpers.ts";
import {
  completion,
  listen,
  neverAborts,
  request,
  startPair,
  tls,
  until,
} from "../openai/helpers.ts";
import { closedPort, connect, type Connection } from "../../sockets.ts";

const caCerts = [tls.cert];

/** Sends the given number of requests at once. */
const many = (provider: OpenAIProvider, n: number, signal = neverAborts()) =>
  Promise.all(Array.from({ length: n }, () => provider.generate(request(), { signal })));

/** Forwards connections to another port, in both directions. */
async function forward(conn: Connection, port: number): Promise<void> {
  using onward = await connect(port);
  const pipe = async (from: Connection, to: Connection) => {
    for (let bytes = await from.read(); bytes !== undefined; bytes = await from.read()) {
      await to.write(bytes);
    }
    to.socket.end();
  };
  await Promise.allSettled([pipe(conn, onward), pipe(onward, conn)]);
}

const reply = () => Response.json(completion({ message: { content: "a" }, finish_reason: "stop" }));

/** An HTTPS server that records its requests. */
function secure(handler: (method: string) => Response | Promise<Response>) {
  const questions: { method: string; path: string; headers: Headers }[] = [];
  let posts = 0;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {}, ...tls },
    ({ method, url, headers }) => {
      const path = url.slice(new URL(url).origin.length);
      if (method === "POST") posts++;
      else questions.push({ method, path, headers: new Headers(headers) });
      return handler(method);
    },
  );
  return {
    questions,
    posts: () => posts,
    url: `https://127.0.0.1:${server.addr.port}/v1`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

Deno.test("connection gate: opens only a few connections for 300 requests", async () => {
  await using sim = simulator({ tls });
  let connections = 0;
  await using server = listen(async (conn) => {
    connections++;
    await forward(conn, sim.port);
  });
  const baseURL = `https://127.0.0.1:${server.port}/v1`;
  await using provider = openai({ baseURL, caCerts });
  await many(provider, 300);
  // A hundred for the first client, a few for each of the two others.
  assert(connections <= 120, `${connections} connections`);
  assertEquals(sim.stats.byStatus[200], 300);
});

Deno.test("connection gate: sends no probe for up to 100 requests", async () => {
  await using pair = startPair({ tls });
  await many(pair.provider, 100);
  assertEquals([pair.sim.stats.requests, pair.sim.stats.byStatus], [100, { 200: 100 }]);
  // Nor with an open connection.
  await many(pair.provider, 100);
  assertEquals(pair.sim.stats.requests, 200);
});

Deno.test("connection gate: sends one probe per further client, without an API key", async () => {
  await using server = secure((method) =>
    method === "POST" ? reply() : new Response(null, { status: 401 })
  );
  await using provider = openai({
    baseURL: `${server.url}/`,
    caCerts,
    apiKey: "sk-test",
    headers: { "x-own": "1" },
  });
  await many(provider, 250);
  await many(provider, 250);
  assertEquals(server.posts(), 500);
  // One may be aborted before it is sent, when the model responds first.
  assert(server.questions.length >= 1 && server.questions.length <= 2);
  for (const { method, path, headers } of server.questions) {
    assertEquals([method, path], ["HEAD", "/v1/models"]);
    assertEquals([headers.get("authorization"), headers.get("x-own")], [null, null]);
  }
});

Deno.test("connection gate: does not wait for the model", async () => {
  await using pair = startPair({ tls, latency: 600_000, maxConcurrentStreams: 200 });
  const controller = new AbortController();
  const pending = assertRejects(() => many(pair.provider, 250, controller.signal));
  const began = performance.now();
  await until(() => pair.sim.stats.inFlight === 250, "all are on the wire");
  assert(performance.now() - began < 5_000);
  controller.abort();
  await pending;
  await until(() => pair.sim.stats.inFlight === 0, "nothing is left");
});

Deno.test("connection gate: waits at most 2 s for a server that ignores the probe", async () => {
  const never = Promise.withResolvers<Response>();
  await using server = secure(() => never.promise);
  {
    await using provider = openai({ baseURL: server.url, caCerts });
    const controller = new AbortController();
    const pending = assertRejects(() => many(provider, 250, controller.signal));
    await until(() => server.posts() === 250, "all are on the wire");
    controller.abort();
    await pending;
  }
  never.resolve(new Response());
});

Deno.test("connection gate: opens on a response of the model, too", async () => {
  const never = Promise.withResolvers<Response>();
  await using server = secure((method) => method === "POST" ? reply() : never.promise);
  {
    await using provider = openai({ baseURL: server.url, caCerts });
    const controller = new AbortController();
    const tooLong = setTimeout(() => controller.abort(), 30_000);
    // The timeout never fires, as time stands still.
    {
      using _ = fakeTime();
      await many(provider, 250, controller.signal);
    }
    clearTimeout(tooLong);
  }
  never.resolve(new Response());
});

Deno.test("connection gate: does not follow redirects", async () => {
  let elsewhere = 0;
  await using other = secure(() => {
    elsewhere++;
    return new Response();
  });
  await using server = secure(async (method) => {
    if (method !== "POST") return Response.redirect(other.url);
    // The probe is answered first.
    await new Promise((resolve) => setTimeout(resolve, 300));
    return reply();
  });
  await using provider = openai({ baseURL: server.url, caCerts });
  await many(provider, 150);
  assertEquals([server.posts(), server.questions.length, elsewhere], [150, 1, 0]);
});

Deno.test("connection gate: rejects at once on abort, and leaves nothing behind", async () => {
  let accepted = 0;
  let left = 0;
  // The server accepts connections and sends nothing: no connection gets ready.
  await using server = listen(async (conn) => {
    accepted++;
    await conn.untilClosed();
    conn.close();
    left++;
  });
  await using provider = openai({ baseURL: `https://127.0.0.1:${server.port}/v1`, caCerts });
  const controller = new AbortController();
  const reason = new Error("enough");
  const rejected = Array.from(
    { length: 150 },
    () => provider.generate(request(), controller).catch((thrown) => thrown),
  );
  // A hundred requests, one more, and the probe.
  await until(() => accepted >= 102, "they are connecting");
  const began = performance.now();
  controller.abort(reason);
  for (const thrown of await Promise.all(rejected)) assertStrictEquals(thrown, reason);
  assert(performance.now() - began < 1_000, `${performance.now() - began} ms`);
  await until(() => left === accepted, "all connections are given up");
});

for (const [first, connections, questions] of [[100, 100, 0], [250, 120, 2]] as const) {
  Deno.test(`connection gate: starts over after all requests ${first}`, async () => {
    let silent = true;
    let accepted = 0;
    await using sim = simulator({ tls });
    await using server = listen(async (conn) => {
      accepted++;
      if (silent) {
        await conn.untilClosed();
        return conn.close();
      }
      await forward(conn, sim.port);
    });
    await using provider = openai({ baseURL: `https://127.0.0.1:${server.port}/v1`, caCerts });
    const controller = new AbortController();
    const gaveUp = Promise.allSettled(
      Array.from({ length: first }, () => provider.generate(request(), controller)),
    );
    await until(() => accepted >= 100, "they are connecting");
    controller.abort();
    await gaveUp;
    silent = false;
    accepted = 0;
    await many(provider, first);
    assertEquals(sim.stats.byStatus[200], first);
    assert(sim.stats.requests <= first + questions, `${sim.stats.requests} requests`);
    assert(accepted <= connections, `${accepted} connections`);
  });
}

Deno.test("connection gate: rejects all requests if there is no server", async () => {
  const port = await closedPort();
  await using provider = openai({ baseURL: `https://127.0.0.1:${port}/v1`, caCerts });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 150 }, () => provider.generate(request(), { signal: neverAborts() })),
  );
  const codes = outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code);
  assertEquals(new Set(codes), new Set(["network"]));
});

Deno.test("connection gate: rejects waiting requests on dispose", async () => {
  let accepted = 0;
  await using server = listen(async (conn) => {
    accepted++;
    await conn.untilClosed();
    conn.close();
  });
  const provider = openai({ baseURL: `https://127.0.0.1:${server.port}/v1`, caCerts });
  const controller = new AbortController();
  const errors = Array.from(
    { length: 150 },
    () => provider.generate(request(), controller).catch((thrown) => thrown),
  );
  await until(() => accepted >= 102, "they are connecting");
  await provider[Symbol.asyncDispose]();
  for (const error of await Promise.all(errors.slice(101))) {
    assert(error instanceof ProviderError);
    assertEquals([error.code, error.retryable], ["provider", false]);
    assertStringIncludes(error.message, "disposed");
  }
  controller.abort();
  await Promise.all(errors);
});

Deno.test("connection gate: does not wait or probe over plain HTTP", async () => {
  await using pair = startPair({ latency: 200 });
  await many(pair.provider, 300);
  assertEquals([pair.sim.stats.requests, pair.sim.stats.peakInFlight], [300, 300]);
});
