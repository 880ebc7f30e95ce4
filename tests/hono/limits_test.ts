import { defineAgent } from "@shoal/agents";
import { agentRoutes, type PrincipalLimits } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertGreater } from "@std/assert";
import { delay, echo, hanging, request, requestInit, routes, waitUntil } from "./helpers.ts";

const abortAll = (app: ReturnType<typeof routes>) => app.shutdown({ grace: 0 });

Deno.test("limits the requests in progress of each caller separately", async () => {
  const stuck = hanging();
  const app = agentRoutes({
    agents: [stuck.agent, echo().agent],
    auth: { tokens: ["s3cret", "other"] },
    limits: { principal: { concurrency: 2 } },
  });
  const held = [1, 2].map(() => request(app, "/hanging", { text: "x" }));
  await waitUntil(() => stuck.calls === 2, "two calls are in progress");
  const third = await request(app, "/echo", { text: "x" });
  assertEquals([third.status, third.json.code], [429, "too_many_requests"]);
  assertEquals(third.headers.get("retry-after"), "1");
  const other = await request(app, "/echo", { text: "x" }, { authorization: "Bearer other" });
  assertEquals(other.status, 200);
  assertEquals((await request(app, "/metrics")).status, 200);
  await abortAll(app);
  await Promise.all(held);
});

Deno.test("releases a request however it ends", async () => {
  const app = routes([echo().agent], { limits: { principal: { concurrency: 1 } } });
  const ends = [
    ["/echo", { text: "x" }],
    ["/echo", {}],
    ["/echo/stream", { text: "x" }],
    ["/nobody", {}],
    ["/batch", { calls: [{ agent: "echo", params: { text: "x" } }] }],
    ["/batch", { calls: 1 }],
    ["/v1/chat/completions", { model: "echo", messages: [{ role: "user", content: "x" }] }],
    ["/v1/chat/completions", {}],
  ] as const;
  for (const [path, body] of ends) {
    for (let i = 0; i < 3; i++) {
      assert((await request(app, path, body)).status !== 429, path);
    }
  }
  const left = await app.request("/echo/stream", requestInit({ text: "x" }));
  assertEquals((await request(app, "/echo", { text: "x" })).status, 429);
  await left.body!.cancel();
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
});

Deno.test("the attempts of a caller's batch keep to its concurrency", async () => {
  const { agent, provider } = echo("echo", 3);
  const app = routes([agent], { limits: { principal: { concurrency: 3 }, reserve: 0 } });
  const calls = Array.from({ length: 12 }, () => ({ agent: "echo", params: { text: "x" } }));
  const { json } = await request(app, "/batch", { calls, concurrency: 12 });
  assertEquals([json.summary.ok, provider.peakInFlight], [12, 3]);
});

Deno.test("limits calls per minute, then answers 429 with Retry-After", async () => {
  const { agent, provider } = echo();
  const app = routes([agent], { limits: { principal: { requestsPerMinute: 5 } } });
  const statuses = [];
  for (let i = 0; i < 7; i++) statuses.push((await request(app, "/echo", { text: "x" })).status);
  assertEquals(statuses, [200, 200, 200, 200, 200, 429, 429]);
  const { headers, json } = await request(app, "/echo", { text: "x" });
  const wait = Number(headers.get("retry-after"));
  assert(wait > 55 && wait <= 62, `${wait} s`);
  assert(json.retryAfterMs <= wait * 1000);
  assertEquals(provider.calls, 5);
});

Deno.test("calls of a batch count one by one, wait, and leave a reserve", async () => {
  const { agent, provider } = echo();
  const app = routes([agent], {
    limits: { principal: { requestsPerMinute: 10 }, reserve: 0.2, deadline: 100 },
  });
  const calls = Array.from({ length: 20 }, () => ({ agent: "echo", params: { text: "x" } }));
  const { json } = await request(app, "/batch", { calls, concurrency: 20 });
  assertEquals([json.summary.ok, json.summary.byError], [8, { timeout: 12 }]);
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
  assertEquals((await request(app, "/echo", { text: "x" })).status, 429);
  assertEquals(provider.calls, 10);
});

Deno.test("all requests of a caller share a budget, which is renewed", async () => {
  const { agent, provider } = echo();
  const limits: PrincipalLimits = { budget: { calls: 4, every: 400 } };
  const app = routes([agent], { limits: { principal: limits } });
  const calls = Array.from({ length: 3 }, () => ({ agent: "echo", params: { text: "x" } }));
  assertEquals((await request(app, "/batch", { calls })).json.summary.ok, 3);
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
  const { status, json, headers } = await request(app, "/echo", { text: "x" });
  assertEquals([status, json.code, headers.get("retry-after")], [429, "budget", "1"]);
  assertEquals((await request(app, "/batch", { calls })).status, 429);
  assertEquals(provider.calls, 4);
  await delay(450);
  assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
});

Deno.test("a budget that is spent during a call reports when it is renewed", async () => {
  const agent = echo().agent;
  const twice = defineAgent({
    name: "twice",
    run: async () => [await agent.call({ text: "a" }), await agent.call({ text: "b" })].length,
  });
  const app = routes([twice], { limits: { principal: { budget: { calls: 1 } } } });
  const { status, json, headers } = await request(app, "/twice", {});
  assertEquals([status, json.code], [429, "budget"]);
  assertGreater(Number(headers.get("retry-after")), 86_000);
});

Deno.test("tokens and functions may set limits of their own", async () => {
  const own = { requestsPerMinute: 1 };
  const byToken = agentRoutes({
    agents: [echo().agent],
    auth: { tokens: [{ token: "s3cret", limits: own }, "other"] },
  });
  const byFunction = agentRoutes({
    agents: [echo().agent],
    auth: ({ headers }) => ({ id: headers.get("authorization")!, limits: { ...own } }),
  });
  for (const app of [byToken, byFunction]) {
    assertEquals((await request(app, "/echo", { text: "x" })).status, 200);
    assertEquals((await request(app, "/echo", { text: "x" })).status, 429);
    const other = { authorization: "Bearer other" };
    assertEquals((await request(app, "/echo", { text: "x" }, other)).status, 200);
  }
  const wrong = agentRoutes({
    agents: [echo().agent],
    auth: () => ({ id: "x", limits: { concurrency: -1 } }),
    onError: () => {},
  });
  assertEquals((await request(wrong, "/echo", { text: "x" })).status, 500);
});

Deno.test("answers 503 above the maximum number of requests", async () => {
  const stuck = hanging();
  const app = routes([stuck.agent, echo().agent], { limits: { maxRequests: 2 } });
  const held = [1, 2].map(() => request(app, "/hanging", { text: "x" }));
  await waitUntil(() => stuck.calls === 2, "two calls are in progress");
  const { status, json, headers } = await request(app, "/echo", { text: "x" });
  assertEquals([status, json.code, headers.get("retry-after")], [503, "busy", "1"]);
  await abortAll(app);
  await Promise.all(held);
});

Deno.test("limits apply to the calls that an agent makes", async () => {
  const provider = scripted("x", { latency: 5 });
  const inner = defineAgent({ name: "inner", model: "m", prompt: "{i}", provider });
  const outer = defineAgent({
    name: "outer",
    run: async () => (await Promise.all([1, 2, 3, 4].map((i) => inner.call({ i })))).length,
  });
  const app = routes([outer], { limits: { concurrency: 2, reserve: 0 } });
  assertEquals((await request(app, "/outer", {})).json.content, 4);
  assertEquals(provider.peakInFlight, 2);
});
