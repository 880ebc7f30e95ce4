import { recorder, replay } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { maskResponseHeaders, maskServer } from "../../../src/testing/recording/mask_secrets.ts";
import { chunksOf, folder, post, serve } from "./helpers.ts";
import { readFile } from "node:fs/promises";

const KEY = "sk-proj-a1B2c3D4e5F6g7H8i9J0";
const ORG = "org-1a2B3c4D5e6F7g8H9i0JkLmN";
const COOKIE = "__cf_bm=8f7e6d5c4b3a; Path=/";
const SECRETS = [KEY, ORG, COOKIE, "my-gateway-password", "user_2abcDEF3456ghi", "acme-corp"];

Deno.test("recorder: masks keys, cookies and ids in any place", async () => {
  await using place = await folder();
  const message = `Rate limit for gpt-5 in organization ${ORG}: key ${KEY}`;
  // The key is cut by the border of the chunks.
  const body = JSON.stringify({ error: { message, metadata: { user_id: "user_2abcDEF3456ghi" } } });
  const cut = body.indexOf(KEY) + 9;
  await using server = serve(() => ({
    status: 429,
    headers: {
      "content-type": "application/json",
      "set-cookie": COOKIE,
      "openai-organization": ORG,
      "openai-project": "proj_a1b2c3d4e5f6",
      "x-ratelimit-remaining-tokens": "12",
      "retry-after": "3",
    },
    chunks: [body.slice(0, cut), body.slice(cut)],
  }));
  const file = place.path("a.jsonl");
  const { init } = post("", { model: "m", user: "acme-corp", messages: [{ content: "Hello" }] }, {
    authorization: `Bearer ${KEY}`,
    "openai-organization": ORG,
    "x-gateway": "my-gateway-password",
    cookie: COOKIE,
  });
  const url = `${server.url}/projects/acme-corp/chat/completions?key=${KEY}&api-version=2025-01-01`;
  {
    await using recording = recorder({ file });
    assertEquals((await chunksOf(await recording.fetch(url, init))).join(""), body);
  }
  const text = await readFile(file, "utf8");
  for (const secret of SECRETS) assert(!text.includes(secret), secret);
  const [exchange] = await place.recordings("a.jsonl");
  const { server: base, request, response } = exchange!;
  assertEquals(base, `${server.url}/projects/*********`);
  assertEquals(request.path, "/chat/completions?key=***&api-version=2025-01-01");
  assertEquals([request.headers.authorization, request.headers["x-gateway"]], ["***", "***"]);
  assertEquals(response!.headers["x-ratelimit-remaining-tokens"], "12");
  assertEquals([response!.headers["retry-after"], response!.headers["set-cookie"]], ["3", "***"]);
  // What is masked is not sent again, and the answer has its size.
  await using replayed = replay({ file });
  const again = await replayed.fetch(url, init);
  assertEquals([again.status, again.headers.get("set-cookie")], [429, null]);
  const masked = (await chunksOf(again)).join("");
  assertEquals(masked.length, body.length);
  assertEquals(
    JSON.parse(masked).error.message.replaceAll("*", ""),
    message.replace(ORG, "").replace(KEY, ""),
  );
});

Deno.test("recorder: prompts and answers are kept, whatever they look like", async () => {
  await using place = await folder();
  const content = '{"organization":"ACME","user":"Ada","user_id":"42","role":"user"}';
  const answer = JSON.stringify({ choices: [{ message: { content } }] });
  await using server = serve(() => ({ chunks: [answer] }));
  const { init } = post("", { messages: [{ role: "user", content }] });
  {
    await using recording = recorder({ file: place.path("a.jsonl") });
    await (await recording.fetch(`${server.url}/chat/completions`, init)).text();
  }
  const [exchange] = await place.recordings("a.jsonl");
  assertEquals(exchange!.request.body, { json: JSON.parse(init.body) });
  assertEquals(exchange!.response!.chunks[0], {
    ms: exchange!.response!.chunks[0]!.ms,
    json: JSON.parse(answer),
  });
});

Deno.test("recorder: redact: false keeps everything", async () => {
  await using place = await folder();
  await using server = serve(() => ({ headers: { "set-cookie": COOKIE }, chunks: [KEY] }));
  {
    await using recording = recorder({ file: place.path("a.jsonl"), redact: false });
    const { init } = post("", {}, { authorization: `Bearer ${KEY}` });
    await (await recording.fetch(`${server.url}/models?key=1`, init)).text();
  }
  const [exchange] = await place.recordings("a.jsonl");
  assertEquals(exchange!.request.headers.authorization, `Bearer ${KEY}`);
  assertEquals(exchange!.request.path, "/models?key=1");
  assertEquals(exchange!.response!.headers["set-cookie"], COOKIE);
});

Deno.test("recorder: the customer in a URL is masked, the server is not", () => {
  const cases = [
    ["https://acme.openai.azure.com/openai/v1", "https://***.openai.azure.com/openai/v1"],
    ["https://acme-1.eu.maas.aliyuncs.com/v1", "https://***.eu.maas.aliyuncs.com/v1"],
    ["https://dashscope.aliyuncs.com/compatible-mode/v1", undefined],
    ["https://user:pass@gateway.example/v1?key=abc", "https://gateway.example/v1"],
    [
      `https://gateway.ai.cloudflare.com/v1/${"0a".repeat(16)}/my/openai`,
      `https://gateway.ai.cloudflare.com/v1/${"*".repeat(32)}/my/openai`,
    ],
    [
      "https://api.cloudflare.com/client/v4/accounts/abc/ai/v1",
      "https://api.cloudflare.com/client/v4/accounts/***/ai/v1",
    ],
    ["https://api.openai.com/v1", undefined],
  ] as const;
  for (const [url, masked = url] of cases) assertEquals(maskServer(url), masked);
});

Deno.test("recorder: headers about limits are kept, those about accounts are not", () => {
  const kept = ["x-ratelimit-reset-tokens", "x-rate-limit-reset", "x-tokenlimit-limit"];
  const masked = ["openai-organization", "set-cookie", "cf-ray", "x-account"];
  const headers = new Headers([...kept, ...masked].map((name) => [name, "1"]));
  const shown = maskResponseHeaders(headers);
  for (const name of kept) assertEquals(shown[name], "1", name);
  for (const name of masked) assertEquals(shown[name], "***", name);
});
