import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { errorOf } from "../../helpers.ts";
import { listen, request, serve, startPair, tls, until } from "./helpers.ts";
import { closedPort } from "../../sockets.ts";

const base = { name: "a", model: "m", prompt: "x" };

Deno.test("network: reports a refused connection, without the address", async () => {
  const port = await closedPort();
  await using provider = openai({ baseURL: `http://127.0.0.1:${port}/secret-path)x/v1` });
  const A = defineAgent({ ...base, provider, retries: { max: 2, base: 1 } });
  for (const options of [{}, { onDelta() {} }]) {
    const error = await errorOf(A.call({}, options));
    assertEquals([error.code, error.status, error.retryable], ["network", undefined, true]);
    assertEquals(error.attempts.map((a) => a.error?.code), ["network", "network", "network"]);
    assertStringIncludes(error.message, "Connection refused");
    assert(!/secret-path|127\.0\.0\.1/.test(error.message), error.message);
  }
});

Deno.test("network: reports a server that hangs up before it responds", async () => {
  await using pair = startPair({ script: ["reset", "reset", "ok"] });
  const error = await pair.error();
  assertEquals([error.code, error.retryable], ["network", true]);
  assert(!error.message.includes(pair.sim.url), error.message);
  const { provider } = pair;
  const A = defineAgent({ ...base, provider, retries: { max: 3, base: 1 } });
  assertEquals((await A.call({})).attempts.map((a) => a.error?.code), ["network", undefined]);
});

Deno.test("network: reports a connection that breaks in the middle of a response", async () => {
  await using pair = startPair({ script: ["resetBody", "resetBody", "ok"] });
  const error = await pair.error();
  assertEquals([error.code, error.retryable], ["network", true]);
  const { provider } = pair;
  const A = defineAgent({ ...base, provider, retries: { max: 1, base: 1 } });
  const result = await A.call({});
  assertEquals(result.attempts.map((a) => a.error?.code), ["network", undefined]);
});

Deno.test("network: reports a server that does not speak HTTP", async () => {
  await using server = listen(async (conn) => {
    await conn.write("220 mail.example.com ESMTP\r\n");
    await conn.untilClosed();
  });
  await using provider = openai({ baseURL: server.url });
  const error = await errorOf(defineAgent({ ...base, provider, retries: 0 }).call({}));
  assertEquals([error.code, error.retryable], ["network", true]);
});

Deno.test("network: reports an untrusted certificate", async () => {
  await using pair = startPair({ tls }, { caCerts: [] });
  const error = await pair.error();
  assertEquals([error.code, error.retryable], ["network", true]);
  assertStringIncludes(error.message.toLowerCase(), "certificate");
});

for (const fault of ["stallHeaders", "stall", "stallKeepAlive"] as const) {
  Deno.test(`network: ends ${fault} by the timeout, and closes the connection`, async () => {
    await using pair = startPair({ script: [{ type: fault, everyMs: 20 }, "ok"] });
    const { provider, sim } = pair;
    const A = defineAgent({
      ...base,
      provider,
      timeout: { attempt: 300 },
      retries: { max: 1, base: 1 },
    });
    const result = await A.call({});
    assertEquals(result.attempts.map((a) => a.error?.code), ["timeout", undefined]);
    await until(() => sim.stats.aborted === 1, "the stalled request is aborted");
    assertEquals(sim.stats.inFlight, 0);
  });
}

Deno.test("network: accepts slow headers, unless they exceed the timeout", async () => {
  await using pair = startPair({ script: () => ({ type: "slowHeaders", ms: 400 }) });
  const A = defineAgent({ ...base, provider: pair.provider, retries: 0 });
  assert((await A.call({})).ok);
  const error = await errorOf(A.call({}, { timeout: { attempt: 50 } }));
  assertEquals([error.code, error.retryable], ["timeout", true]);
  await until(() => pair.sim.stats.inFlight === 0, "the slow request is aborted");
});

for (const scheme of ["http", "https"]) {
  Deno.test(`network: aborts while a server accepts and never responds, ${scheme}`, async () => {
    const accepted = Promise.withResolvers<void>();
    const closed = Promise.withResolvers<void>();
    await using server = listen(async (conn) => {
      accepted.resolve();
      await conn.untilClosed();
      conn.close();
      closed.resolve();
    });
    await using provider = openai({ baseURL: `${scheme}://127.0.0.1:${server.port}/v1` });
    const reason = new Error("enough");
    const controller = new AbortController();
    const { signal } = controller;
    const complete = assertRejects(() => provider.generate(request(), { signal }), Error, "enough");
    await accepted.promise;
    controller.abort(reason);
    assertEquals(await complete, reason);
    await closed.promise;
  });
}

Deno.test("network: aborts before and while the response is read", async () => {
  await using pair = startPair({ script: () => ({ type: "stall", afterChunks: 1 }) });
  const { provider, sim } = pair;
  for (const ready of [() => sim.stats.inFlight === 1, () => sim.stats.byStatus[200] === 2]) {
    const reason = new DOMException("stop", "AbortError");
    const controller = new AbortController();
    const pending = assertRejects(() => provider.generate(request(), controller));
    await until(ready, "the request is there");
    controller.abort(reason);
    assertEquals(await pending, reason);
    await until(() => sim.stats.inFlight === 0, "the request is gone");
  }
  assertEquals(sim.stats.aborted, 2);
});

Deno.test("network: sends nothing if the signal has aborted before", async () => {
  await using pair = startPair();
  const reason = { odd: "reason" };
  const signal = AbortSignal.abort(reason);
  const thrown = await pair.provider.generate(request(), { signal }).catch((error) => error);
  assertEquals(thrown, reason);
  const streamed = await Array.fromAsync(pair.provider.stream(request(), { signal }))
    .catch((error) => error);
  assertEquals(streamed, reason);
  assertEquals(pair.sim.stats.requests, 0);
});

Deno.test("network: reports a disposed provider", async () => {
  const pair = startPair();
  await pair.generate();
  await pair[Symbol.asyncDispose]();
  const { provider } = pair;
  const error = await errorOf(defineAgent({ ...base, provider }).call({}));
  assertEquals([error.code, error.retryable, error.attempts.length], ["provider", false, 1]);
  assertStringIncludes(String(error.cause), "disposed");
  await provider[Symbol.asyncDispose]();
});

Deno.test("network: does not follow a redirect, and reports where it leads", async () => {
  let followed = 0;
  await using other = serve(() => {
    followed++;
    return Response.json({});
  });
  for (const status of [301, 302, 303, 307, 308]) {
    let requests = 0;
    await using server = serve(() => {
      requests++;
      return new Response("Moved", { status, headers: { location: `${other.url}/x?key=secret` } });
    });
    await using provider = openai({ baseURL: server.url });
    const A = defineAgent({ ...base, provider, retries: { max: 3, base: 1 } });
    for (const options of [{}, { onDelta() {} }]) {
      const error = await errorOf(A.call({}, options));
      assertEquals([error.code, error.status, error.retryable], ["provider", status, false]);
      assertStringIncludes(error.message, `the server redirects requests to ${other.url}/x,`);
    }
    assertEquals([requests, followed], [2, 0]);
  }
});
