/** Compares the URL and the headers of requests with those of the official SDK. */
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import { OpenAI } from "openai";
import { neverAborts, request } from "./helpers.ts";

interface Sent {
  readonly server: string;
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that tell about the SDK, or differ with each request. */
const OWN = /^(x-stainless-.*|idempotency-key|user-agent)$/;

function sent(url: string, headers: HeadersInit, { headers: custom = {} }: OpenAIOptions): Sent {
  const { origin, username, password, pathname, searchParams } = new URL(url);
  const names = new Set(Object.keys(custom).map((name) => name.toLowerCase()));
  return {
    server: `${origin} ${username}:${password}`,
    path: pathname,
    query: [...searchParams].sort(),
    headers: Object.fromEntries(
      [...new Headers(headers)].filter(([name]) =>
        name !== "idempotency-key" && (names.has(name) || !OWN.test(name))
      ),
    ),
  };
}

async function sentByShoal(options: OpenAIOptions): Promise<Sent> {
  const calls: Parameters<typeof fetch>[] = [];
  const send: typeof fetch = (...call) => {
    calls.push(call);
    return Promise.resolve(new Response("", { status: 500 }));
  };
  await using provider = openai({ ...options, fetch: send });
  await assertRejects(() => provider.generate(request(), { signal: neverAborts() }));
  assertEquals(calls.length, 1);
  const [url, init] = calls[0]!;
  return sent(String(url), init!.headers!, options);
}

async function sentBySdk(options: OpenAIOptions): Promise<Sent> {
  const { apiKey, baseURL, organization = null, project = null, headers } = options;
  const sdk = new OpenAI({
    apiKey,
    baseURL,
    organization,
    project,
    ...(headers && { defaultHeaders: headers }),
    logLevel: "off",
  });
  const path = options.api === "responses" ? "/responses" : "/chat/completions";
  const { req, url } = await sdk.buildRequest({ method: "post", path, body: { model: "m" } });
  return sent(url, req.headers, options);
}

async function assertSame(options: OpenAIOptions): Promise<void> {
  assertEquals(await sentByShoal(options), await sentBySdk(options));
}

const key = { apiKey: "sk-test-1" };

const TABLE: readonly OpenAIOptions[] = [
  { ...key, baseURL: "https://api.openai.com/v1" },
  { ...key, baseURL: "https://api.openai.com/v1/" },
  { ...key, baseURL: "https://api.openai.com/v1", api: "responses" },
  { ...key, baseURL: "http://localhost:11434/v1", organization: "org-1", project: "proj-1" },
  { ...key, baseURL: "http://[::1]:80/" },
  { ...key, baseURL: "https://host" },
  { ...key, baseURL: "https://HOST.example:443/V1" },
  { ...key, baseURL: "https://bücher.example/späße/%C3%BC/a b" },
  { ...key, baseURL: "https://host/a/../b/./v1" },
  { ...key, baseURL: "https://host/v1?api-version=2024-10-21" },
  { ...key, baseURL: "https://host/v1/?a=1&b=x%20y+z&c=%26%3D&e=" },
  { ...key, baseURL: "https://host/v1?a=1&a=2&b[]=3&b[]=4&ü=ö#part" },
  { ...key, baseURL: "https://host/v1", headers: { "X-Title": " Größe\t", "x-empty": "" } },
  { ...key, baseURL: "https://host/v1", headers: { "X-A": "1", "x-a": "2", "X-a": "3" } },
  { ...key, baseURL: "https://host/v1", headers: { AUTHORIZATION: "Basic abc", accept: "*/*" } },
  { ...key, baseURL: "https://host/v1", headers: { "User-Agent": "mine", Host: "other" } },
  {
    ...key,
    baseURL: "https://host/v1",
    organization: "org-1",
    project: "proj-1",
    headers: { "OpenAI-Organization": "org-2", "openai-PROJECT": "" },
  },
  { ...key, baseURL: "https://host/v1", headers: { "Content-Type": "text/plain" } },
  { ...key, baseURL: "https://host/v1", organization: " org-1\n", project: "\tprójekt " },
];

Deno.test("endpoint: URL and headers are those of the official SDK", async () => {
  for (const options of TABLE) await assertSame(options);
});

const token = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/);
const word = fc.string({ unit: "grapheme", maxLength: 6 }).map(encodeURIComponent);
/** What `Headers` accepts. */
const value = fc.stringMatching(/^[\t\x20-\x7e\xa0-\xff]{0,12}$/);
const text = fc.stringMatching(/^[!-~\xa1-\xff]{1,9}$/);
const name = fc.oneof(
  token,
  ...["authorization", "accept", "content-type", "openai-organization", "openai-project"].map(
    (known) => fc.mixedCase(fc.constant(known)),
  ),
);

const baseURL = fc.tuple(
  fc.constantFrom("http", "https"),
  fc.constantFrom("host.example", "127.0.0.1:8080", "[::1]", "bücher.example"),
  fc.array(fc.oneof(token, word.filter((part) => part !== ""), fc.constant("ä b")), {
    maxLength: 3,
  }),
  fc.constantFrom("", "/"),
  fc.option(fc.uniqueArray(fc.tuple(token, word), { selector: ([name]) => name, minLength: 1 })),
).map(([scheme, host, path, slash, query]) =>
  `${scheme}://${[host, ...path].join("/")}${slash}` +
  (query === null ? "" : `?${query.map((pair) => pair.join("=")).join("&")}`)
);

const options: fc.Arbitrary<OpenAIOptions> = fc.record({
  apiKey: fc.stringMatching(/^[!-~]{1,20}$/),
  baseURL,
  api: fc.constantFrom("chat", "responses"),
  organization: text,
  project: text,
  headers: fc.dictionary(name, value, { maxKeys: 4 }).filter((headers) =>
    // The SDK sends nothing then. Here, an empty header is how a server gets no key.
    Object.entries(headers).every(([name, value]) => !/^authorization$/i.test(name) || value.trim())
  ),
}, { requiredKeys: ["apiKey", "baseURL"] });

Deno.test("endpoint: generated options give what the official SDK sends", async () => {
  await fc.assert(fc.asyncProperty(options, assertSame), { numRuns: 300 });
});
