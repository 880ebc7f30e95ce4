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

/** The status that an app with this `auth` returns for a token. */
async function statusFor(auth: AuthOptions, token?: string): Promise<number> {
  const app = agentRoutes({ agents: [echo().agent], auth });
  const headers: Record<string, string> = token === undefined ? {} : { authorization: token };
  const response = await app.request("/", { headers });
  await response.body?.cancel();
  return response.status;
}

Deno.test("rejects a token that is longer than a known one, whatever follows", async () => {
  for (const more of ["", "x", "\xe9", "xx\xe9", "x".repeat(5_000)]) {
    const status = await statusFor({ tokens: ["short", "s3cret"] }, `Bearer s3cret${more}`);
    assertEquals(status, more === "" ? 200 : 401, more);
  }
});

Deno.test("rejects every request without a token", async () => {
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

Deno.test("rejects every request without auth, also with forged headers", async () => {
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

Deno.test("accepts only complete tokens", async () => {
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

Deno.test("rejects requests for which the function returns no principal", async () => {
  const statusOf = (returned: unknown) => statusFor(() => returned as never);
  assertEquals(await statusOf("bob"), 200);
  assertEquals(await statusOf({ id: "bob" }), 200);
  assertEquals(await statusOf(Promise.resolve({ id: "bob" })), 200);
  for (const none of [null, undefined, "", {}, { id: "" }, { id: 7 }, true, 1, []]) {
    assertEquals(await statusOf(none), 401, String(none));
  }
});

Deno.test("a function that throws is an internal error and reveals nothing", async () => {
  const reported: unknown[] = [];
  const app = agentRoutes({
    agents: [echo().agent],
    auth: () => {
      throw new Error("the database password is hunter2");
    },
    onError: (error) => reported.push(error),
  });
  const response = await app.request("/");
  assertEquals(response.status, 500);
  assert(!(await response.text()).includes("hunter2"));
  assertEquals(reported.length, 1);
});

Deno.test("serves exactly the open routes without a token", async () => {
  const app = routes([echo().agent], { open: ["health", "openapi"] });
  assertEquals((await app.request("/health")).status, 200);
  assertEquals((await app.request("/openapi.json")).status, 200);
  for (const path of ["/metrics", "/", "/batch/health", "/v1/models/health", "/x/health"]) {
    assertEquals((await app.request(path)).status, 401, path);
  }
  assertEquals((await app.request("/health", { method: "POST" })).status, 401);
});
