/** Tests that pages of other origins cannot use the credentials of their user. */
import { agentRoutes, type AgentRoutesOptions } from "@shoal/agents/hono";
import { assertEquals } from "@std/assert";
import { echo, routes, serve } from "./helpers.ts";
import { defineAgent } from "@shoal/agents";

/** An agent that needs no parameters, so that a request without a body calls it. */
function counter() {
  let calls = 0;
  const agent = defineAgent({ name: "count", run: () => ++calls });
  return { agent, calls: () => calls };
}

/** Routes whose `auth` recognizes a cookie, as those of an application with sessions. */
function byCookie(options: Partial<AgentRoutesOptions> = {}) {
  const { agent, calls } = counter();
  const auth = ({ headers }: Request) => headers.get("cookie") === "session=1" ? "anna" : null;
  return { calls, app: agentRoutes({ agents: [agent], auth, ...options }) };
}

const COOKIE = { cookie: "session=1" };
const PATHS = ["/count", "/count/stream", "/batch", "/v1/chat/completions", "/v1/responses"];

async function post(url: string, headers: Record<string, string>, body?: string) {
  const response = await fetch(url, { method: "POST", headers, body });
  const { code } = response.status === 200
    ? { code: await response.text() && undefined }
    : await response.json();
  return [response.status, code];
}

Deno.test("a page of another origin cannot post with the cookie of its user", async () => {
  const { app, calls } = byCookie();
  await using served = serve(app);
  const { host } = new URL(served.url);
  const pages: Record<string, string>[] = [
    { origin: "https://evil.example", "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "cross-site" },
    // Another port of this machine is the same site.
    { origin: "http://localhost:9999", "sec-fetch-site": "same-site" },
    { origin: "http://127.0.0.1:9999", "sec-fetch-site": "same-site" },
    // Browsers send no Sec-Fetch-Site over plain HTTP.
    { origin: "https://evil.example" },
    { origin: "http://127.0.0.1:9999" },
    { origin: `http://${host}.evil.example` },
    { origin: `https://evil.example/${host}` },
    { origin: `http://${host}@evil.example` },
    { origin: "null" },
    { origin: "" },
    // Neither header, as of an old browser.
    {},
    { "content-type": "text/plain" },
    { "content-type": "application/x-www-form-urlencoded" },
  ];
  for (const page of pages) {
    for (const path of PATHS) {
      const answer = await post(served.url + path, { ...COOKIE, ...page });
      assertEquals(answer, [403, "forbidden"], `${path} ${JSON.stringify(page)}`);
    }
  }
  const json = { "content-type": "application/json", origin: "https://evil.example" };
  assertEquals(await post(`${served.url}/count`, { ...COOKIE, ...json }, "{}"), [403, "forbidden"]);
  assertEquals(calls(), 0);
});

Deno.test("pages of the same origin and programs still post with a cookie", async () => {
  const { app, calls } = byCookie();
  await using served = serve(app);
  const own: Record<string, string>[] = [
    { origin: served.url, "sec-fetch-site": "same-origin" },
    { origin: served.url },
    { "sec-fetch-site": "same-origin" },
    // Behind a proxy that does not pass the host on.
    { origin: "https://agents.example", "sec-fetch-site": "same-origin" },
    { "content-type": "application/json" },
  ];
  for (const page of own) {
    const answer = await post(`${served.url}/count`, { ...COOKIE, ...page });
    assertEquals(answer, [200, undefined], JSON.stringify(page));
  }
  assertEquals(calls(), own.length);
  // Reading changes nothing, and other pages cannot read the answer.
  const response = await fetch(served.url, { headers: { ...COOKIE, origin: "https://x.example" } });
  assertEquals(response.status, 200);
  await response.body?.cancel();
});

Deno.test("origins that cors names may post, and any origin without a cookie if it is *", async () => {
  const page = { origin: "https://app.example", "sec-fetch-site": "cross-site" };
  const named = byCookie({ cors: { origin: ["https://app.example"] } });
  await using one = serve(named.app);
  assertEquals(await post(`${one.url}/count`, { ...COOKIE, ...page }), [200, undefined]);
  const other = { ...page, origin: "https://evil.example" };
  assertEquals(await post(`${one.url}/count`, { ...COOKIE, ...other }), [403, "forbidden"]);

  const { agent } = counter();
  const everyone = agentRoutes({ agents: [agent], auth: () => "guest", cors: { origin: "*" } });
  await using all = serve(everyone);
  assertEquals(await post(`${all.url}/count`, page), [200, undefined]);
  assertEquals(await post(`${all.url}/count`, { ...COOKIE, ...page }), [403, "forbidden"]);
  const basic = { authorization: "Basic YTpi", ...page };
  assertEquals(await post(`${all.url}/count`, basic), [403, "forbidden"]);
});

Deno.test("an auth by address is as safe as one by cookie", async () => {
  const { agent, calls } = counter();
  await using served = serve(agentRoutes({ agents: [agent], auth: () => "this network" }));
  const page = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };
  assertEquals(await post(`${served.url}/count`, page), [403, "forbidden"]);
  assertEquals(calls(), 0);
  assertEquals(await post(`${served.url}/count`, {}), [200, undefined]);
});

Deno.test("a bearer token passes from anywhere, as no page has it by itself", async () => {
  await using served = serve(routes([counter().agent, echo().agent]));
  const page = { origin: "app://notes", "sec-fetch-site": "cross-site" };
  const headers = { ...page, authorization: "Bearer s3cret" };
  assertEquals(await post(`${served.url}/count`, headers), [200, undefined]);
  assertEquals(await post(`${served.url}/count`, page), [401, "unauthorized"]);
});
