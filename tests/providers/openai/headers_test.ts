import { defineAgent, ProviderError } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { neverAborts, read, request, serve, startPair } from "./helpers.ts";

/** The headers of a complete and of a streamed request. */
async function headersOf(options: OpenAIOptions): Promise<Headers[]> {
  const seen: Headers[] = [];
  await using server = serve((request) => {
    seen.push(request.headers);
    return seen.length === 1
      ? Response.json({ choices: [{ message: { content: "a" }, finish_reason: "stop" }] })
      : new Response(
        'data: {"choices":[{"delta":{"content":"a"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n',
        { headers: { "content-type": "text/event-stream" } },
      );
  });
  await using provider = openai({ baseURL: server.url, ...options });
  await provider.generate(request(), { signal: neverAborts() });
  await read(provider.stream(request(), { signal: neverAborts() }));
  return seen;
}

Deno.test("headers: send key, organization, project and custom headers", async () => {
  const all = await headersOf({
    apiKey: "sk-test-1",
    organization: "org-1",
    project: "proj-1",
    headers: { "X-Title": "Shoal", "http-referer": "https://example.com" },
  });
  assertEquals(all.length, 2);
  for (const headers of all) {
    assertEquals(headers.get("authorization"), "Bearer sk-test-1");
    assertEquals(headers.get("openai-organization"), "org-1");
    assertEquals(headers.get("openai-project"), "proj-1");
    assertEquals(headers.get("x-title"), "Shoal");
    assertEquals(headers.get("http-referer"), "https://example.com");
    assertEquals(headers.get("content-type"), "application/json");
    assertMatch(headers.get("accept")!, /application\/json/);
  }
});

Deno.test("headers: reveal nothing about the machine, and nothing that is not set", async () => {
  for (const headers of await headersOf({})) {
    const names = [...headers.keys()];
    assertEquals(names.filter((name) => name.startsWith("x-stainless")), []);
    assertEquals(names.filter((name) => name.startsWith("openai-")), []);
  }
});

Deno.test("headers: prefer a custom authorization; a key may end with a newline", async () => {
  const [own] = await headersOf({ apiKey: "a", headers: { Authorization: "Basic abc" } });
  assertEquals(own!.get("authorization"), "Basic abc");
  const [file] = await headersOf({ apiKey: "sk-file\r\n" });
  assertEquals(file!.get("authorization"), "Bearer sk-file");
});

Deno.test("headers: send a user and password of the URL once, unless there is a key", async () => {
  const seen: string[] = [];
  await using server = serve(({ headers }) => {
    seen.push(headers.get("authorization")!);
    return new Response("wrong password: pä:sswörd", { status: 401 });
  });
  const baseURL = server.url.replace("//", "//%C3%BCser:p%C3%A4:ssw%C3%B6rd@");
  for (const apiKey of [undefined, "sk-test-1"]) {
    await using provider = openai({ baseURL, apiKey });
    const error = await assertRejects(() =>
      provider.generate(request(), { signal: neverAborts() })
    );
    assertMatch(String(error), /wrong password: \[key\]/);
  }
  const bytes = new TextEncoder().encode("üser:pä:sswörd");
  assertEquals(seen, [`Basic ${btoa(String.fromCharCode(...bytes))}`, "Bearer sk-test-1"]);
});

Deno.test("headers: send an own idempotency key per attempt", async () => {
  const keys: (string | undefined)[] = [];
  await using pair = startPair({
    script(request, n) {
      keys.push(request.header("idempotency-key"));
      return n < 2 ? "500" : "ok";
    },
  }, { headers: { "Idempotency-Key": "always-the-same" } });
  const { provider } = pair;
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: { base: 1 } });
  assertEquals((await A.call({})).attempts.length, 3);
  await A.call({}, { onDelta() {} });
  assertEquals(keys.length, 4);
  assertEquals(new Set(keys).size, 4);
  assert(keys.every((key) => /^[\w-]{20,}$/.test(key ?? "")));
});

Deno.test("headers: the query of the base URL follows the path", async () => {
  for (const api of ["chat", "responses"] as const) {
    const seen: string[] = [];
    await using server = serve(({ url }) => {
      const { pathname, search } = new URL(url);
      seen.push(pathname + search);
      return Response.json({ error: { message: "no" } }, { status: 400 });
    });
    const baseURL = `${server.url}/deployments/n?api-version=2024-10-21`;
    await using provider = openai({ baseURL, api });
    await assertRejects(() => provider.generate(request(), { signal: neverAborts() }));
    const path = `${new URL(server.url).pathname.replace(/\/$/, "")}/deployments/n`;
    const end = api === "chat" ? "chat/completions" : "responses";
    assertEquals(seen, [`${path}/${end}?api-version=2024-10-21`]);
  }
});

Deno.test("headers: send the key that a server requires", async () => {
  await using right = startPair({ apiKey: "sk-right" }, { apiKey: "sk-right" });
  assert((await right.generate()).text.length > 0);
  await using wrong = startPair({ apiKey: "sk-right" }, { apiKey: "sk-wrong" });
  const error = await wrong.error();
  assert(error instanceof ProviderError);
  assertEquals([error.code, error.status, error.retryable], ["provider", 401, false]);
});
