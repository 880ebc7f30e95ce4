/** Redirects are not followed: by batch files, the AI SDK with `boundedFetch`, and `doctor`. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { type AgentError, defineAgent, type Provider } from "@shoal/agents";
import { aiSdk, boundedFetch } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { diagnose } from "../../../src/cli/commands/doctor.ts";
import { openaiBatch } from "../../../src/providers/openai/batch/openai_batch.ts";
import { serve, type Served, until } from "../openai/helpers.ts";
import { endlessServer } from "./endless_server.ts";

/** A server that redirects, and one to which it does. */
function redirecting(status: number): Served & {
  readonly other: Served;
  readonly requests: number;
  readonly followed: number;
} {
  let requests = 0;
  let followed = 0;
  const other = serve(() => {
    followed++;
    return Response.json({});
  });
  const server = serve(() => {
    requests++;
    const location = `${other.url.replace("http://", "http://user:pass@")}/x?key=secret#y`;
    return new Response(null, { status, headers: { location, "x-should-retry": "true" } });
  });
  return {
    url: server.url,
    other,
    get requests() {
      return requests;
    },
    get followed() {
      return followed;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await other[Symbol.asyncDispose]();
    },
  };
}

type Disposable = Provider & Partial<AsyncDisposable>;

const PROVIDERS: Readonly<Record<string, (baseURL: string) => Disposable>> = {
  "openai": (baseURL) => openai({ baseURL, headers: { "x-secret": "s3cret-header" } }),
  "openai, Responses API": (baseURL) => openai({ baseURL, api: "responses" }),
  "openai with a fetch": (baseURL) => openai({ baseURL, fetch: (a, b) => fetch(a, b) }),
  "aiSdk": (baseURL) =>
    aiSdk(createOpenAICompatible({ name: "x", baseURL, fetch: boundedFetch() })),
  "batch files": (baseURL) => openaiBatch({ baseURL, fill: 1, poll: 10 }),
};

for (const [name, create] of Object.entries(PROVIDERS)) {
  Deno.test(`redirects: ${name} follows none, and says where it points`, async () => {
    for (const status of [301, 302, 303, 307, 308, 300]) {
      await using server = redirecting(status);
      const provider = create(server.url);
      const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 2 });
      for (const streamed of [false, true]) {
        const before = server.requests;
        const { error, attempts } = await A.settle({}, streamed ? { onDelta() {} } : {});
        assertEquals([error?.code, error?.status, error?.retryable], ["provider", status, false]);
        assertStringIncludes(error!.message, `redirects requests to ${server.other.url}/x, which`);
        assertEquals([attempts.length, server.requests - before, server.followed], [1, 1, 0]);
      }
      await provider[Symbol.asyncDispose]?.();
    }
  });
}

Deno.test("redirects: doctor follows none, and says where it points", async () => {
  await using server = redirecting(307);
  const findings = await Array.fromAsync(diagnose({ baseUrl: server.url, timeout: 5_000 }));
  const found = findings.find(({ name }) => name === "server");
  assertEquals([found?.state, server.followed], ["fail", 0]);
  assertStringIncludes(found!.message, `redirects requests to ${server.other.url}/x, which`);
});

Deno.test("boundedFetch: ends answers and errors without end, for the AI SDK", async () => {
  const EVENTS = { "content-type": "text/event-stream" };
  const errorOf = async (server: Served, streamed: boolean): Promise<AgentError> => {
    const fetch = boundedFetch({ maxAnswerBytes: 1_000_000 });
    const provider = aiSdk(createOpenAICompatible({ name: "x", baseURL: server.url, fetch }));
    const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
    return (await A.settle({}, streamed ? { onDelta() {} } : {})).error!;
  };
  for (const streamed of [false, true]) {
    await using server = endlessServer(() => ({
      headers: streamed ? EVENTS : {},
      start: streamed ? "data: " : "",
      repeat: "a",
    }));
    const error = await errorOf(server, streamed);
    assertEquals([error.code, error.retryable], ["provider", false]);
    assertStringIncludes(error.message, "larger than 1,000,000 bytes");
    await until(() => server.closed === 1, "the connection is closed");
    await using failing = endlessServer(() => ({ status: 400, start: '{"a":"', repeat: "a" }));
    assertEquals((await errorOf(failing, streamed)).status, 400);
    await until(() => failing.closed === 1, "the connection is closed");
  }
});

Deno.test("aiSdk: counts what the SDK returns", async () => {
  const body = { choices: [{ message: { content: "a".repeat(5_000) }, finish_reason: "stop" }] };
  await using server = serve(() => Response.json(body));
  const models = createOpenAICompatible({ name: "x", baseURL: server.url });
  const provider = aiSdk(models, { maxAnswerBytes: 4_999 });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  assertStringIncludes((await A.settle({})).error!.message, "larger than 4,999 bytes");
  assertThrows(() => aiSdk(models, { maxAnswerBytes: 0 }), RangeError, "maxAnswerBytes");
  assertThrows(() => boundedFetch({ maxAnswerBytes: 0 }), RangeError, "maxAnswerBytes");
});
