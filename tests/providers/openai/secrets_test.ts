import { type AgentError, batch, defineAgent, ProviderError } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { chunk, DONE, type Pair, request, respondWith, startPair, streamOf } from "./helpers.ts";
import { print } from "../../print.ts";

const KEY = "AIzaSy-own-format-1234567890";

/** All the ways in which an error gets into a log. */
function printed(error: unknown): string {
  const { cause } = error as Error;
  return [
    String(error),
    (error as Error).message,
    (error as Error).stack,
    JSON.stringify(error),
    JSON.stringify((error as AgentError).attempts),
    print(error, { depth: 20, showHidden: true, getters: true }),
    print(cause, { depth: 20, showHidden: true, getters: true }),
  ].join("\n");
}

/** The errors for a response, complete and streamed, from the provider and from an agent. */
async function errorsOf(pair: Pair): Promise<unknown[]> {
  const A = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    provider: pair.provider,
    retries: { max: 1, base: 1 },
  });
  const results = await batch([[A, {}], [A, {}, { onDelta() {} }]]);
  return [await pair.error(), await pair.streamError(), ...results.map((r) => r.error)];
}

const ECHOES = [
  `Incorrect API key provided: ${KEY}.`,
  `Authorization: Bearer ${KEY}, and bearer ${KEY}`,
  `You sent "${KEY}" twice: ${KEY}`,
  `key=${KEY}${KEY}`,
];

Deno.test("secrets: redacts a key that the server echoes", async () => {
  for (const message of ECHOES) {
    for (const status of [200, 401, 429, 500]) {
      await using pair = respondWith(
        { error: { message, code: 401 } },
        { status, retryAfterMs: 0 },
        {
          apiKey: KEY,
        },
      );
      for (const error of await errorsOf(pair)) {
        assert(!printed(error).includes("own-format"), printed(error));
      }
    }
  }
});

Deno.test("secrets: redacts a key in an error in the middle of a stream", async () => {
  await using sim = streamOf(chunk("a"), { error: { message: ECHOES[0] } }, DONE);
  await using provider = openai({ baseURL: sim.sim.url, apiKey: KEY });
  const result = await defineAgent({ name: "a", model: "m", prompt: "x", provider })
    .settle({}, { onDelta() {} });
  assertStringIncludes(result.error!.message, "Incorrect API key provided");
  assert(!printed(result.error).includes("own-format"));
});

Deno.test("secrets: redacts keys in custom headers, and a key with a newline", async () => {
  const secret = "0123456789abcdef-azure";
  const options: OpenAIOptions[] = [
    { headers: { "api-key": secret } },
    { headers: { "X-Auth": secret } },
    { headers: { Authorization: `Bearer ${secret}` } },
    { headers: { "x-secret-token": ` ${secret} ` } },
    { apiKey: `${secret}\n` },
  ];
  for (const more of options) {
    await using pair = respondWith({ error: { message: `no: ${secret}!` } }, { status: 401 }, more);
    for (const error of await errorsOf(pair)) {
      assert(!printed(error).includes("azure"), printed(error));
    }
  }
});

Deno.test("secrets: redacts whatever looks like a key", async () => {
  const messages: [string, string][] = [
    ["Incorrect API key provided: sk-proj-********wxyz. See …", "wxyz"],
    ["Incorrect API key provided: sk-abc123DEF456.", "abc123"],
    ["Bad token: Bearer eyJhbGciOi.J9.abc", "eyJh"],
    ["pk-live-987654", "987654"],
  ];
  for (const [message, secret] of messages) {
    await using pair = respondWith({ error: { message } }, { status: 401 });
    for (const error of await errorsOf(pair)) {
      assert(!printed(error).includes(secret), printed(error));
      assertStringIncludes((error as Error).message, "[key]");
    }
  }
});

Deno.test("secrets: redacts a key where the message is truncated", async () => {
  const message = "x".repeat(290) + KEY;
  await using pair = respondWith({ error: { message } }, { status: 400 }, { apiKey: KEY });
  const error = await pair.error();
  assert(!error.message.includes("AIza"), error.message);
});

Deno.test("secrets: stay out of errors without a server", async () => {
  await using provider = openai({ baseURL: "http://127.0.0.1:1/v1", apiKey: KEY });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  const { error } = await A.settle({});
  assertEquals(error?.code, "network");
  assert(error?.cause instanceof ProviderError);
  assert(!printed(error).includes("own-format"));
});

Deno.test("secrets: are not shown by provider, agent or result", async () => {
  await using pair = startPair({}, { apiKey: KEY, headers: { "x-key": "secret-header" } });
  const { provider } = pair;
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider });
  const values = [
    provider,
    A,
    await A.call({}),
    await pair.stream(),
    await pair.generate(request()),
  ];
  for (const value of values) {
    const all = print(value, { depth: 20, showHidden: true, getters: true }) +
      JSON.stringify(value) + String(value);
    assert(!/own-format|secret-header/.test(all), all);
  }
});

Deno.test("secrets: are not shown by a rejected option", () => {
  const wrong: Record<string, unknown>[] = [
    { apiKey: `${KEY}\nX-Other: 1` },
    { apiKey: `${KEY}ü` },
    { apiKey: [KEY] },
    { apiKey: KEY, headers: { a: `${KEY}\n\n${KEY}` } },
    { apiKey: KEY, headers: { a: { key: KEY } } },
    { apiKey: KEY, headers: KEY },
    { apiKey: KEY, baseURL: `ftp://user:${KEY}@host` },
    { apiKey: KEY, connections: KEY },
  ];
  for (const options of wrong) {
    const error = assertThrows(() => openai(options), TypeError);
    assert(!printed(error).includes("own-format"), error.message);
  }
});
