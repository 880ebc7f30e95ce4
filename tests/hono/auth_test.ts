import { agentRoutes, type AuthOptions } from "@shoal/agents/hono";
import { assert, assertEquals } from "@std/assert";
import { echo, requestInit, routes } from "./helpers.ts";

const PATHS = [
  "/",
  "/health",
  "/metrics",
  "/openapi.json",
  "/v1/models",
  "/v1/models/echo",
  "/nothing/here",
  "/batch/1",
];
const POSTS = ["/echo", "/echo/stream", "/batch", "/v1/chat/completions", "/nobody"];

/** How an app with this `auth` answers a token. */
async function statusFor(auth: AuthOptions, token?: string): Promise<number> {
  const app = agentRoutes({ agents: [echo().agent], auth });
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
  const response = await app.request("/", { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("a token that is longer than any is none, whatever comes behind it", async () => {
  for (const more of ["", "x", "\xe9", "xx\xe9", "x".repeat(5_000)]) {
    const status = await statusFor({ tokens: ["short", "s3cret"] }, `Bearer s3cret${more}`);
    assertEquals(status, more === "" ? 200 : 401, more);
  }
});

Deno.test("without a token nothing answers, whatever is asked", async () => {
  const { agent, provider } = echo();
  const app = routes([agent]);
  for (const path of PATHS) assertEquals((await app.request(path)).status, 401, path);
  for (const path of POSTS) {
    const { authorization: _, ...headers } = requestInit({}).headers;
    const response = await app.request(path, { ...requestInit({ text: "x" }), headers });
    assertEquals([response.status, response.headers.get("www-authenticate")], [401, "Bearer"]);
    assertEquals((await response.json()).code, "unauthorized");
  }
  assertEquals(provider.calls, 0);
});

Deno.test("without auth nothing answers either, not even what a forged header says", async () => {
  const app = agentRoutes({ agents: [echo().agent] });
  for (const path of PATHS) {
    const forged = {
      "x-forwarded-for": "127.0.0.1",
      "x-real-ip": "127.0.0.1",
      forwarded: "for=127.0.0.1",
      host: "localhost",
      authorization: "Bearer undefined",
    };
    assertEquals((await app.request(path)).status, 401, path);
    assertEquals((await app.request(path, { headers: forged })).status, 401, path);
  }
});

Deno.test("only the whole token opens", async () => {
  const auth = { tokens: ["first", { token: "second", id: "bob" }] };
  assertEquals(await statusFor(auth, "Bearer first"), 200);
  assertEquals(await statusFor(auth, "bearer second"), 200);
  for (
    const wrong of [
      "Bearer firs",
      "Bearer first1",
      "Bearer FIRST",
      "Bearer ",
      "first",
      "Basic first",
      "Bearer first second",
    ]
  ) assertEquals(await statusFor(auth, wrong), 401, wrong);
});

Deno.test("a function says who calls; whatever is no principal is nobody", async () => {
  const by = (found: unknown) => statusFor(() => found as never);
  assertEquals(await by("bob"), 200);
  assertEquals(await by({ id: "bob" }), 200);
  assertEquals(await by(Promise.resolve({ id: "bob" })), 200);
  for (const nobody of [null, undefined, "", {}, { id: "" }, { id: 7 }, true, 1, []]) {
    assertEquals(await by(nobody), 401, String(nobody));
  }
});

Deno.test("a function that throws lets nobody in", async () => {
  const told: unknown[] = [];
  const app = agentRoutes({
    agents: [echo().agent],
    auth: () => {
      throw new Error("the database password is hunter2");
    },
    onError: (error) => told.push(error),
  });
  const response = await app.request("/");
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("hunter2"));
  assertEquals(told.length, 1);
});

Deno.test("what is open is open, and nothing else", async () => {
  const app = routes([echo().agent], { open: ["health", "openapi"] });
  assertEquals((await app.request("/health")).status, 200);
  assertEquals((await app.request("/openapi.json")).status, 200);
  for (const path of ["/metrics", "/", "/batch/health", "/v1/models/health", "/x/health"]) {
    assertEquals((await app.request(path)).status, 401, path);
  }
  assertEquals((await app.request("/health", { method: "POST" })).status, 401);
});
