/** Tests that routes without `auth` are closed to everyone, and how they are opened. */
import { agentRoutes, type AgentRoutesOptions } from "@shoal/agents/hono";
import { assert, assertEquals, assertMatch, assertStringIncludes, assertThrows } from "@std/assert";
import { echo, readEvents, sendRaw, serve, serveWithNode } from "./helpers.ts";
import { nginx, startNginx, startPlainProxy } from "./proxy.ts";
import type { Connection } from "../sockets.ts";

const PATHS = [
  "/",
  "/echo",
  "/echo/stream",
  "/batch",
  "/health",
  "/metrics",
  "/openapi.json",
  "/dashboard",
  "/dashboard/events",
  "/v1/models",
  "/v1/chat/completions",
  "/v1/responses",
];

function closed(options: Partial<AgentRoutesOptions> = {}) {
  return agentRoutes({ agents: [echo().agent], dashboard: true, ...options });
}

/** Sends requests of all methods to all routes and returns the statuses, without repetition. */
async function statuses(url: string, headers: Record<string, string> = {}) {
  const found = new Set<number>();
  for (const path of PATHS) {
    for (const method of ["GET", "POST"]) {
      const response = await fetch(url + path, { method, headers, redirect: "manual" });
      await response.body?.cancel();
      found.add(response.status);
    }
  }
  return [...found].sort();
}

for (const [name, start] of [["nginx", startNginx], ["a small proxy", startPlainProxy]] as const) {
  Deno.test({
    name: `without auth, ${name} with a bare proxy_pass opens nothing${
      name === "nginx" && nginx === undefined ? " (install nginx-light)" : ""
    }`,
    ignore: name === "nginx" && nginx === undefined,
    async fn() {
      await using served = serve(closed());
      await using proxy = await start(served.port);
      assertEquals(await statuses(proxy.url), [401]);
    },
  });
}

Deno.test("without auth, no caller has access, also not on this machine", async () => {
  await using served = serve(closed());
  await using node = await serveWithNode(closed().fetch);
  for (const { url } of [served, node]) {
    const headers: Record<string, string>[] = [
      {},
      { origin: url, "sec-fetch-site": "same-origin" },
      { origin: "http://localhost:9999", "sec-fetch-site": "same-site" },
      { "x-forwarded-for": "127.0.0.1" },
      { authorization: "Bearer undefined" },
      { authorization: "Bearer " },
    ];
    for (const one of headers) assertEquals(await statuses(url, one), [401], JSON.stringify(one));
  }
  const open = closed({ open: ["health"] });
  assertEquals((await open.request("/health")).status, 200);
  const response = await open.request("/echo", { method: "POST" });
  assertStringIncludes((await response.json()).detail, '"one-time-token"');
});

/** Reads all that the server sends. */
async function readAll(connection: Connection): Promise<string> {
  let all = "";
  for (let text = "-"; text !== "";) {
    text = await connection.readText().catch(() => "");
    all += text;
  }
  return all;
}

Deno.test("a Host that is no host name gets a 400, and never another path", async () => {
  const app = closed({ auth: { tokens: ["t"] }, open: ["health"] });
  await using served = serve(app);
  await using node = await serveWithNode(app.fetch);
  const bad = ["a b", "[::", "%zz", "a\tb", "", "x:99999999", "x:abc", "@", "/", "?", "#", "a@b"];
  const odd = [...bad, "<>", "a/b", "x/health?", "a,b", "a\\b", "\xff", '"', "{}", "[::1", "::1"];
  for (const { port } of [served, node]) {
    for (const host of odd) {
      for (const path of ["/", "/health", "/openapi.json", "/dashboard", "/nothing"]) {
        using connection = await sendRaw(
          port,
          `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer t\r\n` +
            "connection: close\r\n\r\n",
        );
        assertMatch(await readAll(connection), /^HTTP\/1\.1 400 /, `${host} ${path}`);
      }
    }
    for (
      const host of ["x", "127.0.0.1", "[::1]:80", "a_b.example:8000", "xn--bcher-kva.example"]
    ) {
      using connection = await sendRaw(
        port,
        `GET / HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer t\r\nconnection: close\r\n\r\n`,
      );
      assertMatch(await readAll(connection), /^HTTP\/1\.1 200 /, host);
    }
  }
});

/** Creates routes with a one-time token, and returns what they print. */
function withOneTimeToken() {
  const lines: string[] = [];
  const { error } = console;
  console.error = (line: string) => void lines.push(line);
  try {
    return { app: closed({ auth: "one-time-token" }), lines };
  } finally {
    console.error = error;
  }
}

Deno.test("a one-time token is created, printed, and needed by everyone", async () => {
  const { app, lines } = withOneTimeToken();
  const token = app.oneTimeToken!;
  assertMatch(token, /^[\w-]{32}$/);
  assertEquals(lines.length, 1);
  assertStringIncludes(lines[0]!, token);
  await using served = serve(app);
  assertEquals(await statuses(served.url), [401]);
  const stream = await fetch(`${served.url}/echo/stream`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ text: "hi" }),
  });
  const events = [];
  for await (const { event } of readEvents(stream.body!)) events.push(event);
  assertEquals(events.at(-1), "result");
  assert(withOneTimeToken().app.oneTimeToken !== token, "each start has another one");
});

Deno.test("the printed URL signs in to the dashboard and loses its token", async () => {
  const { app } = withOneTimeToken();
  await using served = serve(app);
  const open = (url: string, headers = {}) => fetch(url, { redirect: "manual", headers });
  const signedIn = await open(`${served.url}/dashboard?token=${app.oneTimeToken}`);
  await signedIn.body?.cancel();
  assertEquals([signedIn.status, signedIn.headers.get("location")], [303, "dashboard"]);
  const cookie = signedIn.headers.get("set-cookie")!;
  assertMatch(cookie, /HttpOnly; SameSite=Strict$/);
  assert(!cookie.includes(app.oneTimeToken!));
  const page = await open(`${served.url}/dashboard`, { cookie: cookie.split(";")[0]! });
  assertEquals(page.status, 200);
  assert(!(await page.text()).includes(app.oneTimeToken!));
  const wrong = await open(`${served.url}/dashboard?token=wrong`);
  assertEquals([wrong.status, wrong.headers.get("set-cookie")], [401, null]);
  await wrong.body?.cancel();
});

Deno.test("tokens of callers do not sign in by a URL", async () => {
  const app = closed({ auth: { tokens: ["t"] } });
  const response = await app.request("/dashboard?token=t");
  assertEquals([response.status, response.headers.get("set-cookie")], [401, null]);
  assertEquals(app.oneTimeToken, undefined);
});

Deno.test("rejects words that open nothing", () => {
  for (const auth of ["development", "none", "", "one-time-tokens", true, null]) {
    assertThrows(() => closed({ auth: auth as never }), TypeError, "auth");
  }
});
