/** Tests hostile clients and unusual agent names. */
import { AgentError, defineAgent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import parsePrometheus from "parse-prometheus-text-format";
import {
  collect,
  echo,
  hanging,
  readEvents,
  readText,
  type ReceivedEvent,
  request,
  requestInit,
  routes,
  sendRaw,
  serve,
  waitUntil,
} from "./helpers.ts";

interface Family {
  readonly name: string;
  readonly metrics: readonly unknown[];
}

const ODD = [
  "__proto__",
  "constructor",
  "toString",
  "hasOwnProperty",
  "prototype",
  "then",
  "-",
  "*",
  ":name",
];

Deno.test("agents may have the names of members of Object.prototype", async () => {
  const app = routes(ODD.map((name) => echo(name).agent), { dashboard: true });
  const calls = ODD.map((agent) => ({ agent, params: { text: agent } }));
  const { json } = await request(app, "/batch", { calls });
  assertEquals(json.results.map(({ content }: { content: string }) => content), ODD);
  for (const name of ODD) {
    const path = `/${encodeURIComponent(name)}`;
    assertEquals((await request(app, path, { text: "x" })).json.content, "x", name);
    const messages = [{ role: "user", content: "x" }];
    const chat = await request(app, "/v1/chat/completions", { model: name, messages });
    assertEquals(chat.json.choices[0].message.content, "x", name);
    assertEquals((await request(app, `/v1/models${path}`)).json.id, name);
    assertEquals((await request(app, `/dashboard/agents${path}`)).status, 200, name);
  }
  const { paths } = (await request(app, "/openapi.json")).json;
  for (const name of ODD) assert(`/${encodeURIComponent(name)}` in paths, name);
  // A lookup of an unknown name must not find members of Object.prototype.
  const none = routes([echo().agent], { dashboard: true });
  for (const name of ODD) {
    assertEquals((await request(none, `/${name}`, { text: "x" })).status, 404, name);
    assertEquals((await request(none, `/v1/models/${name}`)).status, 404, name);
    assertEquals((await request(none, `/dashboard/agents/${name}`)).status, 404, name);
    const batch = await request(none, "/batch", { calls: [{ agent: name }] });
    assertEquals(batch.status, 422, name);
  }
});

Deno.test("any encoded name can be called, listed and counted", async () => {
  const odd = fc.constantFrom(
    "100%",
    "a%2Fb",
    "%2e%2e",
    "a/b",
    "//",
    "/",
    "a?b#c",
    "\u0000",
    " ",
    "a+b",
    "...",
  );
  const name = fc.oneof(odd, fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }))
    .filter((text) => ![".", "..", "batch", "health", "metrics", "v1"].includes(text));
  await fc.assert(
    fc.asyncProperty(name, async (name) => {
      const app = routes([echo(name).agent]);
      const path = `/${encodeURIComponent(name)}`;
      assertEquals((await request(app, path, { text: "x" })).json.content, "x");
      assertEquals((await request(app, `${path}/stream`, { text: "x" })).status, 200);
      assertEquals((await request(app, path)).status, 405);
      assert(path in (await request(app, "/openapi.json")).json.paths);
      const { text } = await request(app, "/metrics");
      const families: Family[] = parsePrometheus(text);
      const calls = families.find(({ name }) => name === "shoal_calls_total")!;
      assertEquals(calls.metrics, [{ value: "2", labels: { agent: name } }]);
    }),
    { numRuns: 200 },
  );
});

Deno.test("rejects names that cannot be part of a URL", () => {
  for (const name of [".", "..", "\ud800", "a\udc00"]) {
    const agents = [defineAgent({ name, run: () => 1 })];
    assertThrows(() => agentRoutes({ agents }), TypeError, "rename the agent");
  }
});

Deno.test("429 and 503 always have a Retry-After", async () => {
  const codes = { rate_limited: 429, budget: 429, circuit_open: 503 } as const;
  for (const [code, status] of Object.entries(codes) as [keyof typeof codes, number][]) {
    const agent = defineAgent({
      name: "a",
      run: () => {
        throw new AgentError("secret", { code, agent: "a" });
      },
    });
    const { status: got, headers, json } = await request(routes([agent]), "/a", {});
    assertEquals([got, json.code], [status, code]);
    const wait = Number(headers.get("retry-after"));
    assert(Number.isInteger(wait) && wait >= 1, `${code}: ${headers.get("retry-after")}`);
    assertEquals(Math.ceil(json.retryAfterMs / 1000), wait);
  }
  const app = routes([echo().agent], { open: ["health"] });
  await app.shutdown();
  for (const path of ["/health", "/echo", "/echo/stream", "/batch", "/v1/chat/completions"]) {
    const body = path === "/health" ? undefined : { text: "x" };
    const { status, headers } = await request(app, path, body);
    assertEquals([status, headers.get("retry-after")], [503, "1"], path);
  }
});

Deno.test("the batch of another caller cannot be resumed by any method or ID", async () => {
  const app = routes([echo().agent], { auth: { tokens: ["s3cret", "other"] } });
  const accept = "text/event-stream";
  const calls = [{ agent: "echo", params: { text: "PRIVATE" } }];
  const response = await app.request("/batch", requestInit({ calls }, { accept }));
  const [{ data, id }] = await collect(readEvents(response.body!)) as [
    ReceivedEvent,
    ...ReceivedEvent[],
  ];
  const other = { authorization: "Bearer other", accept };
  for (
    const last of [
      id!,
      `${data.id}.0`,
      `${data.id}.1`,
      `${data.id}.2 `,
      `${data.id}`,
      "../x.1",
      "__proto__.0",
    ]
  ) {
    const headers = { ...other, "last-event-id": last };
    for (const body of [undefined, {}, { calls }]) {
      const path = body === undefined ? `/batch/${data.id}` : "/batch";
      const { status, text, json } = await request(app, path, body, headers);
      assertEquals([status, json.code], [410, "not_resumable"], last);
      assert(!text.includes("PRIVATE"));
    }
  }
});

Deno.test("two requests with the same ID are two runs", async () => {
  const stuck = hanging();
  const app = routes([stuck.agent, echo().agent], { auth: { tokens: ["s3cret", "other"] } });
  const same = { "x-request-id": "same" };
  const first = request(app, "/hanging", { text: "x" }, same);
  await waitUntil(() => stuck.calls === 1, "the first is in progress");
  const other = { ...same, authorization: "Bearer other" };
  assertEquals((await request(app, "/echo", { text: "x" }, other)).status, 200);
  // The end of the second request must not end the first.
  assert((await request(app, "/metrics")).text.includes("\nshoal_runs_in_flight 1\n"));
  await app.shutdown({ grace: 0 });
  await first;
});

Deno.test("rejects a request with two tokens", async () => {
  const app = routes([echo().agent]);
  await using served = serve(app);
  const connection = await sendRaw(
    served.port,
    "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n" +
      "authorization: Bearer s3cret\r\nauthorization: Bearer s3cret\r\n\r\n",
  );
  const answer = await readText(connection);
  connection.close();
  assert(/^HTTP\/1\.1 40[01] /.test(answer), answer);
});

Deno.test("pages of allowed origins can read errors", async () => {
  const app = routes([echo().agent], { cors: { origin: "https://app.example" } });
  const origin = "https://app.example";
  for (
    const [path, body, status] of [["/echo", {}, 422], ["/nobody", {}, 404], [
      "/echo",
      "",
      422,
    ]] as const
  ) {
    const response = await request(app, path, body, { origin });
    assertEquals(response.status, status);
    assertEquals(response.headers.get("access-control-allow-origin"), origin);
  }
  const closed = await app.request("/echo", { headers: { origin } });
  assertEquals([closed.status, closed.headers.get("access-control-allow-origin")], [401, origin]);
  assertEquals(closed.headers.get("access-control-allow-credentials"), null);
});

Deno.test("an onError that throws does not change the response", async () => {
  const { error } = console;
  const logged: unknown[] = [];
  console.error = (...parts) => logged.push(parts.join(" "));
  try {
    const agent = defineAgent({ name: "lost", prompt: "{x}", provider: scripted("x") }); // no model
    const app = routes([agent], {
      onError: () => {
        throw new TypeError("PRIVATE");
      },
    });
    const { status, json } = await request(app, "/lost", { x: 1 });
    assertEquals([status, json.code], [500, "internal"]);
  } finally {
    console.error = error;
  }
  assertEquals(logged.length, 1);
  assert(String(logged[0]).includes("TypeError") && !String(logged[0]).includes("PRIVATE"));
});

Deno.test("HEAD is GET without a body", async () => {
  const app = routes([echo().agent]);
  for (
    const path of ["/", "/health", "/metrics", "/openapi.json", "/v1/models", "/echo", "/nobody"]
  ) {
    const get = await request(app, path);
    const head = await app.request(path, { ...requestInit(), method: "HEAD" });
    assertEquals([head.status, await head.text()], [get.status, ""], path);
    assertEquals(head.headers.get("content-type"), get.headers.get("content-type"), path);
  }
});

Deno.test("survives malformed HTTP and wrong lengths", async () => {
  const { agent, provider } = echo();
  const app = routes([agent], { limits: { bodyTimeout: 100 } });
  await using served = serve(app);
  const head = "POST /echo HTTP/1.1\r\nhost: x\r\nauthorization: Bearer s3cret\r\n" +
    "content-type: application/json\r\n";
  const body = '{"text":"x"}';
  const requests = [
    `${head}content-length: 5\r\n\r\n${body}`,
    `${head}content-length: 500\r\n\r\n${body}`,
    `${head}content-length: -1\r\n\r\n${body}`,
    `${head}content-length: 12, 13\r\n\r\n${body}`,
    `${head}content-length: 12\r\ncontent-length: 5\r\n\r\n${body}`,
    `${head}content-length: 99999999999999999999\r\n\r\n${body}`,
    `${head}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n5\r\nhello\r\n0\r\n\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\nzz\r\n${body}\r\n0\r\n\r\n`,
    `${head}transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n${body}`,
    `${head}x: ${"y".repeat(200_000)}\r\n\r\n`,
    `${head}x\u0000y: 1\r\n\r\n`,
    "GET / HTTP/9.9\r\n\r\n",
    "GET http://evil.example/../../etc/passwd HTTP/1.1\r\nhost: x\r\n\r\n",
    "\r\n\r\n\r\n",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nnonsense",
    "\u0016\u0003\u0001\u0002\u0000",
  ];
  for (const text of requests) {
    const connection = await sendRaw(served.port, text);
    // Some get a response, some a closed connection, and some wait for more data.
    const timer = setTimeout(() => connection.close(), 300);
    const answer = await readText(connection).catch(() => "");
    clearTimeout(timer);
    // Bun rejects other versions of HTTP with a 505.
    assert(!/^HTTP\/1\.1 (?:200|5(?!05 ))/.test(answer), `${text.slice(-60)}: ${answer}`);
    try {
      connection.close();
    } catch {
      // It was already closed by the timer.
    }
  }
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
      const connection = await sendRaw(served.port, bytes).catch(() => undefined);
      connection?.close();
    }),
    { numRuns: 300 },
  );
  assertEquals(provider.calls, 0);
  assertEquals(
    (await (await fetch(`${served.url}/echo`, requestInit({ text: "x" }))).json()).ok,
    true,
  );
  await waitUntil(() => provider.inFlight === 0, "nothing is in progress");
  assert((await request(app, "/metrics")).text.includes("\nshoal_runs_in_flight 0\n"));
});
