import { defineAgent } from "@shoal/agents";
import { agentRoutes, type PrincipalLimits } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import { delay, echo, hanging, request, requestInit, routes, waitUntil } from "./helpers.ts";

const USAGE = {
  inputTokens: 5,
  cachedInputTokens: 0,
  cacheWriteTokens: 0,
  outputTokens: 5,
  reasoningTokens: 0,
  totalTokens: 10,
};

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

Deno.test("the budget of a caller holds for answers that are longer than assumed", async () => {
  for (const maxTokens of [undefined, 6_000]) {
    const usage = { ...USAGE, outputTokens: 5_000, totalTokens: 5_005 };
    const provider = scripted({ text: "ok", usage }, { latency: 1 });
    const agent = defineAgent({ name: "long", model: "m", prompt: "{text}", provider, maxTokens });
    const app = routes([agent], { limits: { principal: { budget: { tokens: 60_000 } } } });
    const calls = Array.from({ length: 100 }, () => ({ agent: "long", params: { text: "x" } }));
    const { json } = await request(app, "/batch", { calls, concurrency: 100 });
    assert(provider.calls >= 10 && provider.calls <= 11, `${provider.calls} with ${maxTokens}`);
    assertEquals(json.summary.byError, { budget: 100 - provider.calls });
  }
});

Deno.test("a call that does not fit into the caller's budget reports when it is renewed", async () => {
  const provider = scripted({ text: "ok", usage: USAGE });
  const agent = defineAgent({ name: "a", model: "m", prompt: "{text}", provider, maxTokens: 900 });
  const app = routes([agent], { limits: { principal: { budget: { tokens: 910 } } } });
  assertEquals((await request(app, "/a", { text: "x" })).status, 200);
  const { status, json, headers } = await request(app, "/a", { text: "x" });
  assertEquals([status, json.code, provider.calls], [429, "budget", 1]);
  assertGreater(Number(headers.get("retry-after")), 86_000);
});

Deno.test("rejects tokens of one caller with different limits", async () => {
  const make = (...tokens: unknown[]) => () =>
    agentRoutes({ agents: [echo().agent], auth: { tokens: tokens as string[] } });
  const few = { budget: { calls: 3 } };
  const one = { token: "one", id: "ann", limits: few };
  for (
    const other of [
      { token: "two", id: "ann", limits: { budget: { calls: 40 } } },
      { token: "two", id: "ann", limits: { ...few, concurrency: 1 } },
      { token: "two", id: "ann", limits: {} },
      { token: "two", id: "ann" },
    ]
  ) {
    const error = assertThrows(make("zero", one, other), TypeError);
    assertEquals(
      error.message,
      "Cannot create the routes: auth as tokens[1] and tokens[2] are tokens of the same " +
        'caller "ann" with different limits: set the same limits for both, or another id',
    );
  }
  // The default id of a token may be that of another one.
  assertThrows(make("zero", { token: "one", id: "token-0", limits: few }), TypeError, "token-0");
  const app = make(one, { token: "two", id: "ann", limits: { budget: { calls: 3 } } })();
  const statuses = [];
  for (let i = 0; i < 6; i++) {
    const authorization = `Bearer ${i % 2 === 0 ? "one" : "two"}`;
    statuses.push((await request(app, "/echo", { text: "x" }, { authorization })).status);
  }
  assertEquals(statuses, [200, 200, 200, 429, 429, 429]);
});

Deno.test("limits that a function changes do not reset what a caller has spent", async () => {
  const { agent, provider } = echo();
  const app = agentRoutes({
    agents: [agent],
    auth: ({ headers }) => ({
      id: "ann",
      limits: headers.get("authorization") === "few"
        ? { budget: { calls: 3 }, requestsPerMinute: 50, concurrency: 2 }
        : headers.get("authorization") === "many"
        ? { budget: { calls: 5 }, requestsPerMinute: 5 }
        : {},
    }),
  });
  const statuses: Record<string, number[]> = { few: [], many: [], none: [] };
  for (let i = 0; i < 9; i++) {
    for (const authorization of ["few", "none", "many"]) {
      if (authorization === "none" && i > 0) continue;
      const { status } = await request(app, "/echo", { text: "x" }, { authorization });
      statuses[authorization]!.push(status);
    }
  }
  assertEquals(statuses.few!.filter((status) => status === 200).length, 2);
  assertEquals(statuses.many!.filter((status) => status === 200).length, 3);
  assertEquals([statuses.none, provider.calls], [[200], 6]);
});
