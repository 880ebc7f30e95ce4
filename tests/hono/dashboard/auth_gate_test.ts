import { agentRoutes } from "@shoal/agents/hono";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { echo, requestInit, routes, TOKEN } from "../helpers.ts";
import { cookieOf, ORIGIN, page, signIn, withDashboard } from "./helpers.ts";

const PAGES = ["/dashboard", "/dashboard/agents/echo", "/dashboard/runs/1"];

Deno.test("there is no dashboard unless it is switched on", async () => {
  for (const dashboard of [undefined, false]) {
    const app = routes([echo().agent], { dashboard });
    for (const path of [...PAGES, "/dashboard/style.css", "/dashboard/events"]) {
      const { status } = await app.request(path, requestInit());
      assertEquals(status, 404, path);
      assertEquals((await app.request(path)).status, 401, path);
    }
  }
});

Deno.test("without a token there is only a form to sign in with", async () => {
  const app = withDashboard([echo("echo").agent]);
  for (const path of PAGES) {
    const response = await app.request(path);
    const html = await response.text();
    assertEquals(response.status, 401, path);
    assertStringIncludes(html, 'type="password"');
    assert(!html.includes("echo"), "nothing is told of what there is");
  }
  assertEquals((await app.request("/dashboard/events")).status, 401);
  const call = await app.request("/dashboard/call/echo", { method: "POST", body: "{}" });
  assertEquals(call.status, 401);
  await call.body?.cancel();
});

Deno.test("a token signs in: the cookie stands for it, and does not hold it", async () => {
  const app = withDashboard([echo().agent]);
  const response = await signIn(app);
  assertEquals(response.status, 303);
  assertEquals(response.headers.get("location"), "../dashboard");
  const cookie = response.headers.get("set-cookie")!;
  assertMatch(cookie, /^shoal-dashboard=[\w.-]{70,100}; HttpOnly; SameSite=Strict$/);
  assert(!cookie.includes(TOKEN) && !cookie.includes(btoa(TOKEN)));
  const headers = { cookie: cookie.split(";")[0]! };
  for (const path of ["/dashboard", "/dashboard/agents/echo"]) {
    const seen = await app.request(path, { headers });
    assertEquals(seen.status, 200, path);
    assertStringIncludes(await seen.text(), "Sign out");
  }
});

Deno.test("the cookie is for the dashboard alone: the API does not take it", async () => {
  const app = withDashboard([echo().agent]);
  const headers = { cookie: await cookieOf(app), "content-type": "application/json" };
  assertEquals((await app.request("/", { headers })).status, 401);
  const call = await app.request("/echo", { method: "POST", headers, body: '{"text":"x"}' });
  assertEquals(call.status, 401);
});

Deno.test("behind TLS the cookie is for TLS alone", async () => {
  const app = withDashboard([echo().agent]);
  const response = await signIn(app, TOKEN, { origin: "https://localhost" });
  assertStringIncludes(response.headers.get("set-cookie")!, "; Secure");
});

Deno.test("a wrong token, or none, does not sign in", async () => {
  const app = withDashboard([echo().agent]);
  for (const token of ["mistaken", "", "mis taken", "mistaken\r\nx: y", "mistäken"]) {
    const response = await signIn(app, token);
    assertEquals(response.status, 401, token);
    assertEquals(response.headers.get("set-cookie"), null);
    const html = await response.text();
    assertStringIncludes(html, "not valid");
    assert(!html.includes("mis"), "it is not shown again");
  }
});

Deno.test("a page of another origin cannot sign anybody in or out", async () => {
  const app = withDashboard([echo().agent]);
  const cookie = await cookieOf(app);
  for (
    const headers of [
      {},
      { origin: "null" },
      { origin: "https://evil.example" },
      { origin: "http://localhost:8080" },
      { origin: ORIGIN, "sec-fetch-site": "cross-site" },
      { origin: ORIGIN, "sec-fetch-site": "same-site" },
    ] as Record<string, string>[]
  ) {
    assertEquals((await signIn(app, TOKEN, headers)).status, 403, JSON.stringify(headers));
    const out = await app.request("/dashboard/sign-out", {
      method: "POST",
      headers: { cookie, ...headers },
    });
    assertEquals(out.status, 403);
  }
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 200);
});

Deno.test("who signs out is out, also with a cookie that was kept", async () => {
  const app = withDashboard([echo().agent]);
  const cookie = await cookieOf(app);
  const other = await cookieOf(app);
  const out = await app.request("/dashboard/sign-out", {
    method: "POST",
    headers: { cookie, origin: ORIGIN },
  });
  assertEquals(out.status, 303);
  assertStringIncludes(out.headers.get("set-cookie")!, "Max-Age=0");
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 401);
  assertEquals((await app.request("/dashboard", { headers: { cookie: other } })).status, 200);
});

Deno.test("a function lets in whom it knows; a token is shown to it anew with each request", async () => {
  const valid = new Set(["one"]);
  const auth = ({ headers }: Request) => {
    if (headers.get("x-user") === "anna") return "anna";
    const token = headers.get("authorization")?.replace("Bearer ", "");
    return token !== undefined && valid.has(token) ? "bob" : null;
  };
  const app = withDashboard([echo().agent], { auth });
  const known = await app.request("/dashboard", { headers: { "x-user": "anna" } });
  assertEquals(known.status, 200);
  assert(!(await known.text()).includes("Sign out"), "there is nothing to sign out of");
  const cookie = await cookieOf(app, "one");
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 200);
  valid.clear();
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 401);
});

Deno.test("only the principals that are named may see it", async () => {
  const tokens = [{ token: TOKEN, id: "alice" }, { token: "other", id: "bob" }];
  const app = withDashboard([echo().agent], {
    auth: { tokens },
    dashboard: { principals: ["alice"] },
  });
  assertEquals((await app.request("/dashboard", requestInit())).status, 200);
  const headers = { authorization: "Bearer other" };
  const refused = await app.request("/dashboard", { headers });
  assertEquals([refused.status, (await refused.json()).code], [403, "forbidden"]);
  assertEquals((await signIn(app, "other")).status, 403);
  assertEquals((await app.request("/dashboard/events", { headers })).status, 403);
  assertEquals((await app.request("/", { headers })).status, 200);
});

Deno.test("without auth there is nothing to sign in with, and nobody gets in from elsewhere", async () => {
  const app = agentRoutes({ agents: [echo().agent], dashboard: true });
  const response = await app.request("/dashboard");
  assertEquals(response.status, 401);
  assertStringIncludes(response.headers.get("content-type")!, "json");
  assertEquals((await signIn(app)).status, 401);
});

Deno.test("pages may load only what is here, and no script or style stands in them", async () => {
  const app = withDashboard([echo().agent]);
  for (const path of ["/dashboard", "/dashboard/agents/echo", "/dashboard/runs/none"]) {
    const response = await app.request(path, requestInit());
    const policy = response.headers.get("content-security-policy")!;
    assertStringIncludes(policy, "default-src 'none'; script-src 'self'; style-src 'self'");
    assert(!/unsafe|\*|https?:/.test(policy), policy);
    assertEquals(response.headers.get("x-frame-options"), "DENY");
    assertEquals(response.headers.get("cache-control"), "no-store");
    const html = await response.text();
    assert(!/<script[^>]*>[^<]/.test(html) && !html.includes("<style"), path);
    assert(!/\s(?:on\w+|style)=/.test(html), path);
    assert(!/(?:href|src|action)="(?:\/|https?:)/.test(html), "addresses are relative");
  }
  for (
    const [name, type] of [["style.css", "css"], ["app.js", "javascript"], ["icon.svg", "svg"]]
  ) {
    const asset = await app.request(`/dashboard/${name}`);
    assertEquals(asset.status, 200);
    assertStringIncludes(asset.headers.get("content-type")!, type!);
    await asset.body?.cancel();
  }
  assertStringIncludes(
    (await app.request("/", requestInit())).headers.get("content-security-policy")!,
    "default-src 'none'; frame-ancestors 'none'",
  );
});

Deno.test("an address with a slash at its end leads to the one without", async () => {
  const response = await withDashboard([echo().agent]).request("/dashboard/", requestInit());
  assertEquals([response.status, response.headers.get("location")], [308, "../dashboard"]);
});

Deno.test("options that cannot be meant are refused", () => {
  const agents = [echo().agent];
  for (
    const dashboard of [{ titel: "x" }, { interval: 0 }, { principals: "bob" }, { calls: 1 }, 1]
  ) {
    // deno-lint-ignore no-explicit-any -- what the compiler would refuse
    assertThrows(() => agentRoutes({ agents, dashboard: dashboard as any }), Error, "dashboard");
  }
});

Deno.test("a title is a text, whatever is in it", async () => {
  const app = withDashboard([echo().agent], { dashboard: { title: "<b>&\"'" } });
  const html = await page(app);
  assertStringIncludes(html, "&lt;b&gt;&amp;");
  assert(!html.includes("<b>&"));
});
