import { agentRoutes } from "@shoal/agents/hono";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { echo, requestInit, routes, TOKEN } from "../helpers.ts";
import { cookieOf, ORIGIN, page, signIn, withDashboard } from "./helpers.ts";

const PAGES = ["/dashboard", "/dashboard/agents/echo", "/dashboard/runs/1"];

Deno.test("there is no dashboard unless it is enabled", async () => {
  for (const dashboard of [undefined, false]) {
    const app = routes([echo().agent], { dashboard });
    for (const path of [...PAGES, "/dashboard/style.css", "/dashboard/events"]) {
      const { status } = await app.request(path, requestInit());
      assertEquals(status, 404, path);
      assertEquals((await app.request(path)).status, 401, path);
    }
  }
});

Deno.test("shows only a form to sign in without a token", async () => {
  const app = withDashboard([echo("echo").agent]);
  for (const path of PAGES) {
    const response = await app.request(path);
    const html = await response.text();
    assertEquals(response.status, 401, path);
    assertStringIncludes(html, 'type="password"');
    assert(!html.includes("echo"), "no names are revealed");
  }
  assertEquals((await app.request("/dashboard/events")).status, 401);
  const call = await app.request("/dashboard/call/echo", { method: "POST", body: "{}" });
  assertEquals(call.status, 401);
  await call.body?.cancel();
});

Deno.test("signs in with a token; the cookie does not contain it", async () => {
  const app = withDashboard([echo().agent]);
  const response = await signIn(app);
  assertEquals(response.status, 303);
  assertEquals(response.headers.get("location"), "../dashboard");
  const cookie = response.headers.get("set-cookie")!;
  assertMatch(cookie, /^shoal-dashboard=[\w.%-]{70,100}; HttpOnly; SameSite=Strict$/);
  assert(!cookie.includes(TOKEN) && !cookie.includes(btoa(TOKEN)));
  const headers = { cookie: cookie.split(";")[0]! };
  for (const path of ["/dashboard", "/dashboard/agents/echo"]) {
    const seen = await app.request(path, { headers });
    assertEquals(seen.status, 200, path);
    assertStringIncludes(await seen.text(), "Sign out");
  }
});

Deno.test("the API does not accept the cookie", async () => {
  const app = withDashboard([echo().agent]);
  const headers = { cookie: await cookieOf(app), "content-type": "application/json" };
  assertEquals((await app.request("/", { headers })).status, 401);
  const call = await app.request("/echo", { method: "POST", headers, body: '{"text":"x"}' });
  assertEquals(call.status, 401);
});

Deno.test("the cookie is secure behind TLS", async () => {
  const app = withDashboard([echo().agent]);
  const response = await signIn(app, TOKEN, { origin: "https://localhost" });
  assertStringIncludes(response.headers.get("set-cookie")!, "; Secure");
});

Deno.test("rejects a wrong or missing token", async () => {
  const app = withDashboard([echo().agent]);
  for (const token of ["mistaken", "", "mis taken", "mistaken\r\nx: y", "mistäken"]) {
    const response = await signIn(app, token);
    assertEquals(response.status, 401, token);
    assertEquals(response.headers.get("set-cookie"), null);
    const html = await response.text();
    assertStringIncludes(html, "not valid");
    assert(!html.includes("mis"), "the token is not shown again");
  }
});

Deno.test("pages of other origins cannot sign in or out", async () => {
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

Deno.test("signing out ends the session, also for a copy of the cookie", async () => {
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

Deno.test("an auth function admits known requests and checks a session each time", async () => {
  const valid = new Set(["one"]);
  const auth = ({ headers }: Request) => {
    if (headers.get("x-user") === "anna") return "anna";
    const token = headers.get("authorization")?.replace("Bearer ", "");
    return token !== undefined && valid.has(token) ? "bob" : null;
  };
  const app = withDashboard([echo().agent], { auth });
  const known = await app.request("/dashboard", { headers: { "x-user": "anna" } });
  assertEquals(known.status, 200);
  assert(!(await known.text()).includes("Sign out"), "there is no session to end");
  const cookie = await cookieOf(app, "one");
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 200);
  valid.clear();
  assertEquals((await app.request("/dashboard", { headers: { cookie } })).status, 401);
});

Deno.test("only the listed principals may see the dashboard", async () => {
  const tokens = [{ token: TOKEN, id: "alice" }, { token: "other", id: "bob" }];
  const app = withDashboard([echo().agent], {
    auth: { tokens },
    dashboard: { principals: ["alice"] },
  });
  assertEquals((await app.request("/dashboard", requestInit())).status, 200);
  const headers = { authorization: "Bearer other" };
  const rejected = await app.request("/dashboard", { headers });
  assertEquals([rejected.status, (await rejected.json()).code], [403, "forbidden"]);
  assertEquals((await signIn(app, "other")).status, 403);
  assertEquals((await app.request("/dashboard/events", { headers })).status, 403);
  assertEquals((await app.request("/", { headers })).status, 200);
});

Deno.test("without auth there is no form, and remote requests are rejected", async () => {
  const app = agentRoutes({ agents: [echo().agent], dashboard: true });
  const response = await app.request("/dashboard");
  assertEquals(response.status, 401);
  assertStringIncludes(response.headers.get("content-type")!, "json");
  assertEquals((await signIn(app)).status, 401);
});

Deno.test("pages load only the dashboard's assets and have no inline code or styles", async () => {
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
    assert(!/(?:href|src|action)="(?:\/|https?:)/.test(html), "URLs are relative");
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

Deno.test("redirects a URL with a trailing slash", async () => {
  const response = await withDashboard([echo().agent]).request("/dashboard/", requestInit());
  assertEquals([response.status, response.headers.get("location")], [308, "../dashboard"]);
});

Deno.test("rejects invalid options", () => {
  const agents = [echo().agent];
  for (
    const dashboard of [{ titel: "x" }, { interval: 0 }, { principals: "bob" }, { calls: 1 }, 1]
  ) {
    // deno-lint-ignore no-explicit-any -- the compiler would reject it
    assertThrows(() => agentRoutes({ agents, dashboard: dashboard as any }), Error, "dashboard");
  }
});

Deno.test("escapes the title", async () => {
  const app = withDashboard([echo().agent], { dashboard: { title: "<b>&\"'" } });
  const html = await page(app);
  assertStringIncludes(html, "&lt;b&gt;&amp;");
  assert(!html.includes("<b>&"));
});
