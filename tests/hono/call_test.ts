import { defineAgent, defineParallel, ProviderError } from "@shoal/agents";
import { agentRoutes, type FailedRequest } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { Hono } from "hono";
import { z } from "zod";
import { echo, request, requestInit, routes } from "./helpers.ts";

Deno.test("a call returns the answer and its usage", async () => {
  const { agent, provider } = echo();
  const { status, json } = await request(routes([agent]), "/echo", { text: "hello" });
  assertEquals(status, 200);
  assertEquals([json.ok, json.agent, json.content], [true, "echo", "hello"]);
  assertEquals([json.attempts, json.usage.totalTokens > 0], [1, true]);
  assertEquals(provider.calls, 1);
});

Deno.test("false, 0, an empty string and null are answers", async () => {
  for (const value of [false, 0, "", null, undefined]) {
    const agent = defineAgent({ name: "value", run: () => value });
    const { status, json } = await request(routes([agent]), "/value", {});
    assertEquals([status, json.ok, json.content], [200, true, value ?? null]);
  }
});

Deno.test("a call without a body has no parameters", async () => {
  const agent = defineAgent({ name: "now", run: () => "noon" });
  const app = routes([agent]);
  const response = await app.request("/now", { ...requestInit(), method: "POST" });
  assertEquals((await response.json()).content, "noon");
});

Deno.test("all of a body is checked against a JSON Schema", async () => {
  const params = {
    type: "object",
    properties: { rows: { type: "array", items: { type: "number" } } },
    required: ["rows"],
    additionalProperties: false,
  };
  const app = routes([defineAgent({ name: "sum", params, run: () => 1 })]);
  assertEquals((await request(app, "/sum", { rows: [1] })).status, 200);
  const { status, json } = await request(app, "/sum", { rows: [1, "s3cret"], more: 1 });
  assertEquals([status, json.code], [422, "invalid_params"]);
  assertEquals(json.issues, [
    { message: "must be a number, not a string", path: ["rows", 1] },
    { message: "is not a known property", path: ["more"] },
  ]);
});

Deno.test("any agent name works in an encoded path", async () => {
  const name = 'a/b c"\r\nx-evil: 1 ä{}';
  const app = routes([defineAgent({ name, run: () => "here" })]);
  const { status, json, headers } = await request(app, `/${encodeURIComponent(name)}`, {});
  assertEquals([status, json.content, headers.get("x-evil")], [200, "here", null]);
  assertEquals((await request(app, `/${encodeURIComponent(`${name}!`)}`, {})).status, 404);
});

Deno.test("calls a workflow like an agent and reports a partial success", async () => {
  const failing = defineAgent({
    name: "failing",
    run: () => {
      throw new Error("secret of the inside");
    },
  });
  const both = defineParallel({
    name: "both",
    branches: { good: echo().agent, bad: { agent: failing, optional: true } },
  });
  const { status, json, text } = await request(routes([both]), "/both", { text: "x" });
  assertEquals([status, json.status, json.content.good], [200, "partial", "x"]);
  assertEquals([json.branches.good.ok, json.branches.bad.error.code], [true, "tool"]);
  assert(!text.includes("secret"));
});

Deno.test("rejects invalid parameters (422) with their issues", async () => {
  const agent = defineAgent({
    name: "typed",
    model: "m",
    prompt: ({ n }: { n: number }) => `${n}`,
    params: z.object({ n: z.number() }),
    provider: scripted("x"),
  });
  const { status, headers, json } = await request(routes([agent]), "/typed", { n: "one" });
  assertEquals(status, 422);
  assertEquals(headers.get("content-type"), "application/problem+json");
  assertEquals([json.code, json.status, json.type], ["invalid_params", 422, "about:blank"]);
  assertEquals(json.issues[0].path, ["n"]);
  assertEquals(json.requestId, headers.get("x-request-id"));
  const missing = await request(routes([echo().agent]), "/echo", { txt: 1 });
  assertEquals(missing.status, 422);
  assertStringIncludes(missing.json.issues[0].message, 'parameter "text" is missing');
});

Deno.test("maps each error code to a status and reveals no internals", async () => {
  const secret = "sk-live-1234";
  const failures: [ConstructorParameters<typeof ProviderError>[1]["code"], number][] = [
    ["rate_limited", 429],
    ["network", 502],
    ["provider", 502],
    ["truncated", 502],
    ["filtered", 422],
    ["timeout", 504],
  ];
  for (const [code, expected] of failures) {
    const error = new ProviderError(`the key ${secret} and the prompt PRIVATE`, {
      code,
      retryable: false,
      retryAfterMs: 2_500,
      cause: new Error(secret),
    });
    const provider = scripted(error);
    const agent = defineAgent({ name: "a", model: "m", prompt: "{x}", provider, retries: 0 });
    const { status, headers, text, json } = await request(routes([agent]), "/a", { x: "PRIVATE" });
    assertEquals([status, json.code], [expected, code]);
    assertEquals(headers.get("retry-after"), "3");
    for (const inside of [secret, "PRIVATE", " at ", ".ts", "stack"]) {
      assert(!text.includes(inside));
    }
  }
});

Deno.test("reports an internal error to onError, not to the client", async () => {
  const agent = defineAgent({ name: "lost", prompt: "{x}", provider: scripted("x") }); // no model
  const reported: unknown[] = [];
  const app = routes([agent], { onError: (error, failed) => reported.push([error, failed]) });
  const { status, json, headers } = await request(app, "/lost", { x: 1 });
  assertEquals([status, json.code], [500, "internal"]);
  const [[error, failed]] = reported as [[Error, FailedRequest]];
  assertStringIncludes(error.message, "model");
  assertEquals(failed, {
    id: headers.get("x-request-id")!,
    method: "POST",
    path: "/lost",
  });
});

Deno.test("serves all routes and errors below the mount path", async () => {
  const app = new Hono().route("/agents", routes([echo().agent]));
  const call = async (path: string, body?: unknown) => {
    const response = await app.request(path, requestInit(body));
    return { status: response.status, json: await response.json() };
  };
  assertEquals((await call("/agents/echo", { text: "x" })).json.content, "x");
  assertEquals((await call("/agents")).json.agents.length, 1);
  assertEquals((await call("/agents/nobody", {})).json.code, "unknown_agent");
  assertEquals((await call("/agents/a/b/c")).json.code, "not_found");
  assertEquals((await call("/agents/openapi.json")).json.servers, [{ url: "/agents" }]);
  assertEquals((await app.request("/agents/echo")).status, 401);
});

Deno.test("a wrong method gets 405 with the right one", async () => {
  const app = routes([echo().agent]);
  const get = await request(app, "/echo");
  assertEquals([get.status, get.headers.get("allow")], [405, "POST"]);
  const post = await request(app, "/health", {});
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
  const stream = await request(app, "/echo/stream");
  assertEquals([stream.status, stream.headers.get("allow")], [405, "POST"]);
  assertEquals(stream.headers.get("content-type"), "application/problem+json");
});

Deno.test("an unknown name is a 404 for every method", async () => {
  const app = routes([echo().agent]);
  for (const path of ["/nobody", "/nobody/stream", "/__proto__", "/v1", "/%ff"]) {
    for (const method of ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD", "BREW"]) {
      const response = await app.request(path, { ...requestInit(), method });
      const text = await response.text();
      assertEquals(
        [response.status, response.headers.get("allow")],
        [404, null],
        `${method} ${path}`,
      );
      assertEquals(response.headers.get("content-type"), "application/problem+json");
      assertEquals(response.headers.get("cache-control"), "no-store");
      if (method !== "HEAD") assertEquals(JSON.parse(text).code, "unknown_agent");
    }
  }
});

Deno.test("answers are neither framed nor kept nor shared", async () => {
  const { headers } = await request(routes([echo().agent]), "/echo", { text: "x" });
  assertEquals(headers.get("cache-control"), "no-store");
  assertEquals(headers.get("x-content-type-options"), "nosniff");
  assertEquals(headers.get("x-frame-options"), "DENY");
  assertStringIncludes(headers.get("content-security-policy")!, "default-src 'none'");
  assertEquals(headers.get("access-control-allow-origin"), null);
  assertEquals(headers.get("strict-transport-security"), null);
});

Deno.test("pages of other origins may call only if cors allows them", async () => {
  const cors = { origin: ["https://app.example"] };
  const app = routes([echo().agent], { cors });
  const preflight = (origin: string) =>
    app.request("/echo", {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = await preflight("https://app.example");
  assertEquals(allowed.status, 204);
  assertEquals(allowed.headers.get("access-control-allow-origin"), "https://app.example");
  const other = await preflight("https://evil.example");
  assertEquals(other.headers.get("access-control-allow-origin"), null);
  const closed = await routes([echo().agent]).request("/echo", { method: "OPTIONS" });
  assertEquals(closed.status, 401);
});

Deno.test("rejects invalid options at once", () => {
  const { agent } = echo();
  const make = (options: object) => () => agentRoutes({ agents: [agent], ...options });
  assertThrows(make({ agents: [] }), TypeError, "at least one");
  assertThrows(make({ agents: [1] }), TypeError, "agents[0]");
  assertThrows(make({ agents: [agent, agent] }), TypeError, 'two agents named "echo"');
  assertThrows(
    make({ agents: [agent.with({ name: "batch" })] }),
    TypeError,
    "is the name of a route",
  );
  assertThrows(make({ auth: { tokens: [] } }), TypeError, "at least one");
  assertThrows(make({ auth: { tokens: [undefined] } }), TypeError, "tokens[0]");
  assertThrows(make({ auth: { tokens: ["a b"] } }), TypeError, "visible ASCII characters");
  assertThrows(make({ auth: {} }), TypeError, "auth.tokens");
  assertThrows(make({ limits: { maxBatch: 0 } }), RangeError, "maxBatch");
  assertThrows(make({ limits: { maxBach: 1 } }), TypeError, 'did you mean "maxBatch"');
  assertThrows(make({ limits: { principal: { budget: {} } } }), TypeError, "budget");
  assertThrows(make({ limits: { reserve: 1 } }), RangeError, "reserve");
  assertThrows(make({ open: ["all"] }), TypeError, "open[0]");
  assertThrows(make({ cors: {} }), TypeError, "origin");
  assertThrows(make({ heartbeat: 0 }), RangeError, "heartbeat");
  assertThrows(() => agentRoutes(undefined as never), TypeError, "its options");
});
