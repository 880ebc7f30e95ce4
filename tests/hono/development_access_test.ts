/** Tests which requests are accepted without `auth`. */
import { agentRoutes } from "@shoal/agents/hono";
import { assertEquals, assertStringIncludes } from "@std/assert";
import { echo, readText, sendRaw, serve } from "./helpers.ts";
import process from "node:process";
import { startModule } from "../child.ts";
import { runtime } from "../runtime.ts";

const VARIABLES = ["NODE_ENV", "DENO_ENV", "DENO_DEPLOYMENT_ID", "DENO_DEPLOY"];

/** Creates routes with these environment variables. */
function underEnv(env: Record<string, string> = {}) {
  const before = VARIABLES.map((name) => [name, process.env[name]] as const);
  for (const name of VARIABLES) delete process.env[name];
  Object.assign(process.env, env);
  try {
    return agentRoutes({ agents: [echo().agent] });
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const LOCAL = { remoteAddr: { transport: "tcp", hostname: "127.0.0.1", port: 1 } };

async function statusOf(
  { url = "http://localhost/", env = LOCAL as object, headers = {}, app = underEnv() } = {},
): Promise<number> {
  const response = await app.request(url, { headers }, env);
  await response.body?.cancel();
  return response.status;
}

Deno.test("accepts the developer's own requests on this machine", async () => {
  assertEquals(await statusOf(), 200);
  for (const url of ["http://127.0.0.1:8000/", "http://[::1]:8000/", "http://app.localhost/"]) {
    assertEquals(await statusOf({ url }), 200, url);
  }
  const at = (hostname: string) => ({ remoteAddr: { hostname } });
  assertEquals(await statusOf({ env: at("::1") }), 200);
  assertEquals(await statusOf({ env: at("::ffff:127.0.0.1") }), 200);
  const node = { incoming: { socket: { remoteAddress: "127.0.0.1" } } };
  assertEquals(await statusOf({ env: node }), 200);
  assertEquals(await statusOf({ env: { requestIP: () => ({ address: "::1" }) } }), 200);
});

Deno.test("rejects requests from other machines, whatever the headers say", async () => {
  const headers = { "x-forwarded-for": "127.0.0.1", host: "localhost" };
  for (const hostname of ["192.168.1.7", "10.0.0.1", "2001:db8::1", "127.0.0.1.evil.example"]) {
    const env = { remoteAddr: { hostname } };
    assertEquals(await statusOf({ env }), 401, hostname);
    assertEquals(await statusOf({ env, headers }), 401, hostname);
  }
  assertEquals(await statusOf({ env: {} }), 401);
  assertEquals(await statusOf({ env: { remoteAddr: { transport: "unix", path: "/x" } } }), 401);
});

Deno.test("rejects requests that a proxy on this machine forwards", async () => {
  for (
    const name of [
      "forwarded",
      "x-forwarded-for",
      "x-forwarded-host",
      "x-real-ip",
      "via",
      "cf-connecting-ip",
      "true-client-ip",
    ]
  ) assertEquals(await statusOf({ headers: { [name]: "127.0.0.1" } }), 401, name);
});

Deno.test("rejects hosts that are not names of this machine (DNS rebinding)", async () => {
  for (const url of ["http://evil.example/", "http://127.0.0.1.evil.example/", "http://0.0.0.0/"]) {
    assertEquals(await statusOf({ url }), 401, url);
  }
  assertEquals(await statusOf({ headers: { host: "evil.example" } }), 401);
});

Deno.test("rejects pages of other origins in the developer's browser", async () => {
  assertEquals(await statusOf({ headers: { origin: "https://evil.example" } }), 401);
  assertEquals(await statusOf({ headers: { origin: "null" } }), 401);
  assertEquals(await statusOf({ headers: { "sec-fetch-site": "cross-site" } }), 401);
  assertEquals(await statusOf({ headers: { origin: "http://localhost:5173" } }), 200);
});

Deno.test("rejects everyone in production and says why", async () => {
  const environments: [name: string, value: string, reason: string][] = [
    ["NODE_ENV", "production", "this is production"],
    ["DENO_ENV", "production", "this is production"],
    ["DENO_DEPLOYMENT_ID", "1", "this is Deno Deploy"],
    ["DENO_DEPLOY", "1", "this is Deno Deploy"],
  ];
  for (const [name, value, reason] of environments) {
    const app = underEnv({ [name]: value });
    const response = await app.request("http://localhost/", {}, LOCAL);
    assertEquals(response.status, 401, name);
    assertStringIncludes((await response.json()).detail, reason);
  }
  assertEquals(await statusOf({ app: underEnv({ NODE_ENV: "development" }) }), 200);
});

Deno.test("uses the address of a real connection", async () => {
  await using served = serve(underEnv());
  assertEquals((await (await fetch(served.url)).json()).agents.length, 1);
  const rebound = await sendRaw(served.port, "GET / HTTP/1.1\r\nhost: evil.example\r\n\r\n");
  assertStringIncludes(await readText(rebound), "401 Unauthorized");
  rebound.close();
});

Deno.test({
  name: "rejects everyone without the permission of Deno to read the variables",
  ignore: runtime !== "deno",
  async fn() {
    const child = new URL("./development_child.ts", import.meta.url);
    const run = async (...permissions: string[]) =>
      (await startModule(child, { permissions }).output).stdout;
    assertStringIncludes(await run(), "401");
    assertStringIncludes(await run(), "without the permission to read");
    assertStringIncludes(await run(`--allow-env=${VARIABLES}`), "200");
  },
});
