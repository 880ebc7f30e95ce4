import type { OpenAIOptions } from "@shoal/agents/openai";
import type { SimulatorRequest } from "@shoal/agents/testing";
import { assertEquals, assertMatch } from "@std/assert";
import type { Output } from "./child.ts";
import { startPair } from "./helpers.ts";
import { startModule } from "../../child.ts";
import { listen } from "../../sockets.ts";
import { runtime } from "../../runtime.ts";

const ENV = "--allow-env=OPENAI_API_KEY,OPENAI_BASE_URL";

/** Runs `child.ts` with the given permissions of Deno, environment and options of `openai`. */
async function run(
  permissions: string[],
  env: Record<string, string>,
  options?: OpenAIOptions,
): Promise<Output> {
  const cleared = { OPENAI_API_KEY: "", OPENAI_BASE_URL: "" };
  const { stdout, stderr } = await startModule(new URL("./child.ts", import.meta.url), {
    args: [JSON.stringify(options ?? null)],
    permissions,
    env: { ...cleared, ...env },
  }).output;
  if (stdout === "") throw new Error(stderr);
  return JSON.parse(stdout);
}

/** A server that records its requests. */
function server() {
  const seen: { key: string | undefined; body: SimulatorRequest["body"] }[] = [];
  const pair = startPair({
    respond(request) {
      seen.push({ key: request.header("authorization"), body: request.body });
      return "hi";
    },
  });
  return { ...pair, url: pair.sim.url, seen };
}

Deno.test("environment: provides key and server for the default provider", async () => {
  await using sim = server();
  const env = { OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: sim.url };
  assertEquals(await run(["--allow-net=127.0.0.1", ENV], env), { content: "hi" });
  assertEquals(sim.seen.map(({ key }) => key), ["Bearer sk-env"]);
  assertEquals(sim.seen[0]!.body.max_tokens, 9);
});

Deno.test("environment: HTTPS_PROXY is the way to servers with https", async () => {
  const firstLine = Promise.withResolvers<string>();
  await using proxy = listen(async (connection) => {
    firstLine.resolve((await connection.readText()).split("\r\n")[0]!);
    connection.close();
  });
  const env = {
    OPENAI_API_KEY: "sk-env",
    OPENAI_BASE_URL: "https://models.example/v1",
    HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`,
    NO_PROXY: "",
    // Deno would look for a new version through the proxy.
    DENO_NO_UPDATE_CHECK: "1",
  };
  const { error } = await run(["--allow-net=127.0.0.1,models.example", ENV], env);
  assertMatch(error ?? "", /AgentError/);
  // Without a connection, it would wait for ever.
  firstLine.resolve("no connection");
  assertEquals(await firstLine.promise, "CONNECT models.example:443 HTTP/1.1");
});

Deno.test("environment: is overridden by options", async () => {
  await using sim = server();
  const env = { OPENAI_API_KEY: "sk-env", OPENAI_BASE_URL: "http://127.0.0.1:1/v1" };
  const options = { baseURL: sim.url, apiKey: "sk-own" };
  assertEquals(await run(["--allow-net=127.0.0.1", ENV], env, options), { content: "hi" });
  assertEquals(sim.seen.map(({ key }) => key), ["Bearer sk-own"]);
});

Deno.test("environment: does not leak the SDK's other variables into requests", async () => {
  await using sim = server();
  const env = {
    OPENAI_API_KEY: "sk-env",
    OPENAI_BASE_URL: sim.url,
    OPENAI_ADMIN_KEY: "sk-admin",
    OPENAI_ORG_ID: "org-env",
    OPENAI_LOG: "debug",
  };
  assertEquals(await run(["--allow-net=127.0.0.1", "--allow-env"], env), { content: "hi" });
  assertEquals(sim.seen.map(({ key }) => key), ["Bearer sk-env"]);
});

Deno.test({
  name: "environment: may be unreadable without the permission of Deno",
  ignore: runtime !== "deno",
  async fn() {
    await using sim = server();
    const env = { OPENAI_API_KEY: "sk-env" };
    const output = await run(["--allow-net=127.0.0.1"], env, { baseURL: sim.url });
    assertEquals(output, { content: "hi" });
    assertEquals(sim.seen.map(({ key }) => key), ["Bearer none"]);
    assertMatch((await run([], env)).error!, ADVICE);
  },
});

const ADVICE =
  /^TypeError: Cannot create the OpenAI provider as there is no key: set OPENAI_API_KEY, pass/;

Deno.test("environment: reports a missing key for OpenAI at once, with advice", async () => {
  // No network: nothing must be sent.
  assertMatch((await run([ENV], {})).error!, ADVICE);
  for (
    const baseURL of [
      "https://api.openai.com/v1",
      "https://api.openai.com/v1/",
      "https://API.openai.com/v1",
      "https://eu.api.openai.com/v1",
    ]
  ) {
    assertMatch((await run([ENV], {}, { baseURL })).error!, ADVICE);
    assertMatch((await run([ENV], { OPENAI_BASE_URL: baseURL })).error!, ADVICE);
  }
});

Deno.test("environment: reports an invalid server at once, naming the variable", async () => {
  const { error } = await run([ENV], { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "localhost:80" });
  assertMatch(error!, /OPENAI_BASE_URL must be an http or https URL/);
  const broken = await run([ENV], { OPENAI_API_KEY: "sk-a\nb" });
  assertMatch(broken.error!, /OPENAI_API_KEY must be one line/);
});

Deno.test("environment: needs no key for another server", async () => {
  for (const host of ["localhost:11434", "api.openai.com.example.org", "myapi.openai.com"]) {
    // The call reaches the network: Deno has no permission for it, and others find no server.
    const { error } = await run([ENV], {}, { baseURL: `https://${host}/v1` });
    assertMatch(error!, /^AgentError: .* as (?:a permission is missing|the connection failed)/);
  }
});
