import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assert, assertEquals, assertNotEquals } from "@std/assert";

const KEY = "AIzaSy-own-format-1234567890";

async function idOf(options: OpenAIOptions): Promise<string> {
  await using provider = openai({ baseURL: "https://models.example.com/v1", ...options });
  return provider.id!;
}

Deno.test("identity: normalizes the server's URL", async () => {
  const id = "openai https://models.example.com/v1";
  const same: OpenAIOptions[] = [
    {},
    { baseURL: "https://models.example.com/v1/" },
    { baseURL: "HTTPS://Models.Example.com:443/v1" },
    { baseURL: "https://user:password@models.example.com/v1#x" },
    { headers: {} },
  ];
  for (const options of same) assertEquals(await idOf(options), id);
  assertEquals(await idOf({ baseURL: "http://127.0.0.1:8000" }), "openai http://127.0.0.1:8000");
  assertEquals(await idOf({ baseURL: "http://127.0.0.1:8000/" }), "openai http://127.0.0.1:8000");
});

Deno.test("identity: excludes what does not affect the reply", async () => {
  const id = await idOf({});
  const same: OpenAIOptions[] = [
    { apiKey: KEY },
    { name: "other" },
    { organization: "org-1", project: "proj-1" },
    { connections: 3, limits: { concurrency: 2 }, caCerts: [] },
    { headers: { Authorization: `Bearer ${KEY}`, "api-key": KEY, Cookie: "a=b" } },
    { headers: { "x-forward": `Bearer ${KEY}`, "x-other": "sk-123" } },
  ];
  for (const options of same) assertEquals(await idOf(options), id);
});

Deno.test("identity: includes what may affect the reply", async () => {
  const different: OpenAIOptions[] = [
    {},
    { baseURL: "https://models.example.com/v2" },
    { baseURL: "https://models.example.com/V1" },
    { baseURL: "http://models.example.com/v1" },
    { baseURL: "https://models.example.com:8443/v1" },
    { baseURL: "https://other.example.com/v1" },
    { baseURL: "https://models.example.com/v1?api-version=2" },
    { headers: { "OpenAI-Beta": "a" } },
    { headers: { "OpenAI-Beta": "b" } },
    { headers: { "OpenAI-Beta": "a", "x-mode": "b" } },
    { headers: { "OpenAI-Beta": "a, x-mode: b" } },
    { headers: { "x-mode": "key-points" } },
  ];
  const ids = await Promise.all(different.map(idOf));
  assertEquals(new Set(ids).size, different.length, ids.join("\n"));
});

Deno.test("identity: ignores order and case of headers", async () => {
  assertEquals(
    await idOf({ headers: { "X-Mode": "b ", "openai-beta": "a" } }),
    await idOf({ headers: { "OpenAI-Beta": "a", "x-mode": "b" } }),
  );
  assertNotEquals(
    await idOf({ headers: { "x-mode": "B" } }),
    await idOf({ headers: { "x-mode": "b" } }),
  );
});

Deno.test("identity: contains no key, wherever it stands", async () => {
  const places: OpenAIOptions[] = [
    { baseURL: `https://gateway.example.com/${KEY}/v1` },
    { baseURL: `https://gateway.example.com/v1?api-key=${KEY}` },
    { baseURL: `https://gateway.example.com/v1?x=${KEY}` },
    { baseURL: `https://me:${KEY}@gateway.example.com/v1` },
    { baseURL: `https://gateway.example.com/v1?subscription-key=x-own-format&version=2` },
    { baseURL: `https://gateway.example.com/a%2Fown-format/v1`, apiKey: "a/own-format" },
    { headers: { "x-client": `app ${KEY}` } },
    { headers: { "x-client": KEY, "x-api-key": KEY }, apiKey: "another" },
  ];
  for (const options of places) {
    const id = await idOf({ apiKey: KEY, ...options });
    assert(!id.includes("own-format"), id);
  }
});

Deno.test("identity: does not redact a short key that is a word of the URL", async () => {
  const baseURL = "http://ollama:11434/v1";
  assertEquals(await idOf({ baseURL, apiKey: "ollama" }), await idOf({ baseURL }));
});

Deno.test("identity: the URL for prices contains no key, either", () => {
  const urls = [
    `https://gateway.example.com/${KEY}/v1`,
    `https://gateway.example.com/v1?api-key=${KEY}`,
    `https://me:${KEY}@gateway.example.com/v1#${KEY}`,
  ];
  for (const baseURL of urls) {
    const url = openai({ baseURL, apiKey: KEY }).baseURL!;
    assert(url.startsWith("https://gateway.example.com/") && !url.includes(KEY), url);
  }
  assertEquals(
    openai({ baseURL: "https://openrouter.ai/api/v1", apiKey: KEY }).baseURL,
    "https://openrouter.ai/api/v1",
  );
});
