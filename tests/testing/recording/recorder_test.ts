import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { defineAgent } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { recorder, replay, simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertMatch, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { chunksOf, folder, post, serve } from "./helpers.ts";
import { readFile, writeFile } from "node:fs/promises";

const encoder = new TextEncoder();

function greeter(baseURL: string, options: { fetch?: typeof fetch; stream?: boolean } = {}) {
  const provider = openai({ baseURL, apiKey: "sk-live-4f3c2b1a9988", fetch: options.fetch });
  const agent = defineAgent({
    name: "greet",
    model: "gpt-5-mini",
    prompt: "Greet {name}",
    provider,
    retries: 0,
  });
  return { agent, [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() };
}

Deno.test("recorder: passes answers through, and a replay gives the same ones", async () => {
  await using place = await folder();
  const file = place.path("calls.jsonl");
  await using server = simulator({ respond: ({ text }) => `Hello to "${text}" 😀` });
  const call = async (url: string) => {
    await using greet = greeter(url);
    const plain = await greet.agent.call({ name: "Ada" });
    const streamed = greet.agent.stream({ name: "Grace" });
    let deltas = 0;
    for await (const event of streamed) if (event.type === "delta") deltas++;
    const { content, usage } = await streamed.result;
    return { plain: [plain.content, plain.usage], streamed: [content, usage], deltas };
  };
  const direct = await call(server.url);
  let recorded;
  {
    await using recording = recorder({ file, baseURL: server.url });
    recorded = await call(recording.url);
    assertEquals(recording.count, 2);
  }
  await using replayed = replay({ file });
  assertEquals(replayed.unused.length, 2);
  const again = await call(replayed.url);
  assertEquals([recorded, again], [direct, direct]);
  assertEquals([replayed.unused, replayed.rejected], [[], []]);
});

Deno.test("recorder: its fetch records what a client sends, without a server", async () => {
  await using place = await folder();
  const file = place.path("calls.jsonl");
  await using server = simulator({ respond: () => "hi" });
  {
    await using recording = recorder({ file });
    await using greet = greeter(server.url, { fetch: recording.fetch });
    assertEquals((await greet.agent.call({ name: "Ada" })).content, "hi");
    assertThrows(() => recording.url, TypeError, "created without baseURL");
  }
  const [exchange] = await place.recordings("calls.jsonl");
  assertEquals(exchange!.server, server.url);
  assertEquals(exchange!.request.path, "/chat/completions");
  await using replayed = replay({ file });
  await using greet = greeter("https://api.openai.com/v1", { fetch: replayed.fetch });
  assertEquals((await greet.agent.call({ name: "Ada" })).content, "hi");
});

Deno.test("recorder: records the AI SDK's providers, too", async () => {
  await using place = await folder();
  const file = place.path("calls.jsonl");
  await using server = simulator({ respond: () => "hi" });
  const call = async (baseURL: string, send: typeof fetch) => {
    const models = createOpenAICompatible({ name: "server", baseURL, fetch: send });
    const provider = aiSdk(models);
    const agent = defineAgent({ name: "greet", model: "m", prompt: "Greet {name}", provider });
    return (await agent.call({ name: "Ada" })).content;
  };
  {
    await using recording = recorder({ file });
    assertEquals(await call(server.url, recording.fetch), "hi");
  }
  const { requests } = server.stats;
  await using replayed = replay({ file });
  assertEquals(await call("https://nowhere.example/v1", replayed.fetch), "hi");
  assertEquals(server.stats.requests, requests);
});

Deno.test("recorder: a line can be read by a person", async () => {
  await using place = await folder();
  await using server = serve(() => ({
    headers: { "content-type": "text/event-stream", "set-cookie": "session=1" },
    chunks: ['data: {"a":1}\n\n', "data: [DONE]\n\n"],
  }));
  {
    await using recording = recorder({ file: place.path("a.jsonl"), baseURL: server.url });
    const { url, init } = post(`${recording.url}/chat/completions`, { model: "m", n: 1 });
    await chunksOf(await fetch(url, init));
  }
  const [exchange] = await place.recordings("a.jsonl");
  const { version, index, request, response } = exchange!;
  assertEquals([version, index], [1, 0]);
  assertEquals([request.method, request.path], ["POST", "/chat/completions"]);
  assertEquals(request.body, { json: { model: "m", n: 1 } });
  assertEquals(response!.headers["set-cookie"], "***");
  assertEquals(response!.headers["content-type"], "text/event-stream");
  assertEquals(response!.chunks.map((chunk) => "text" in chunk && chunk.text), [
    'data: {"a":1}\n\n',
    "data: [DONE]\n\n",
  ]);
});

Deno.test("recorder: any bytes, in any chunks, come back the same", async () => {
  await using place = await folder();
  let chunks: Uint8Array[] = [];
  await using server = serve(() => ({ chunks }));
  let n = 0;
  const texts = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 20 }),
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).map((text) => encoder.encode(text)),
    fc.json().map((json) => encoder.encode(json)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(texts, { minLength: 1, maxLength: 4 }), async (bytes) => {
      chunks = bytes;
      const file = place.path(`${n++}.jsonl`);
      const { url, init } = post(`${server.url}/responses`, { input: "é" });
      {
        await using recording = recorder({ file, redact: false });
        await chunksOf(await recording.fetch(url, init));
      }
      await using replayed = replay({ file });
      const inMemory = await chunksOf(await replayed.fetch(url, init));
      const whole = bytes.map((chunk) => String.fromCharCode(...chunk)).join("");
      assertEquals(inMemory.join(""), whole);
      const [exchange] = await place.recordings(`${n - 1}.jsonl`);
      assertEquals(inMemory.length, exchange!.response!.chunks.length);
      await using served = replay({ file });
      const overHttp = await fetch(`${served.url}/responses`, init);
      assertEquals((await chunksOf(overHttp)).join(""), whole);
    }),
    { numRuns: 30 },
  );
});

Deno.test("recorder: records failures of the connection, and the replay fails alike", async () => {
  await using place = await folder();
  const file = place.path("a.jsonl");
  await using server = serve(() => ({ chunks: ['data: {"half":'], breaksOff: true }));
  const { init } = post("", { q: 1 });
  const dead = "http://127.0.0.1:1/v1/chat/completions";
  {
    await using recording = recorder({ file });
    await assertRejects(async () =>
      await (await recording.fetch(`${server.url}/responses`, init)).text()
    );
    await assertRejects(() => recording.fetch(dead, init), TypeError);
  }
  const [broken, refused] = await place.recordings("a.jsonl");
  assert(broken!.error !== undefined && refused!.error !== undefined);
  assertEquals([broken!.response?.chunks.length, refused!.response], [1, undefined]);
  await using replayed = replay({ file });
  const response = await fetch(`${replayed.url}/responses`, init);
  assertEquals(response.status, 200);
  await assertRejects(() => response.text());
  await assertRejects(() => fetch(`${replayed.url}/chat/completions`, init), TypeError);
  await using inMemory = replay({ file });
  await assertRejects(async () =>
    await (await inMemory.fetch(`${server.url}/responses`, init)).text()
  );
  await assertRejects(() => inMemory.fetch(dead, init), TypeError);
});

Deno.test("recorder: a request that its client aborts is recorded as aborted", async () => {
  await using place = await folder();
  await using server = serve(() => ({ chunks: ["a", "b", "c", "d"] }));
  {
    await using recording = recorder({ file: place.path("a.jsonl") });
    const response = await recording.fetch(`${server.url}/responses`, post("", {}).init);
    const reader = response.body!.getReader();
    await reader.read();
    await reader.cancel();
  }
  const [exchange] = await place.recordings("a.jsonl");
  assertEquals([exchange!.aborted, exchange!.error], [true, undefined]);
  assertEquals(exchange!.response!.chunks.length, 1);
});

Deno.test("recorder: redact may change an exchange, or leave it out", async () => {
  await using place = await folder();
  await using server = serve(() => ({ chunks: ["ok"] }));
  {
    await using recording = recorder({
      file: place.path("a.jsonl"),
      redact: (exchange) =>
        exchange.request.path === "/models"
          ? undefined
          : { ...exchange, request: { ...exchange.request, body: { text: "removed" } } },
    });
    await (await recording.fetch(`${server.url}/models`)).text();
    await (await recording.fetch(`${server.url}/responses`, post("", { secret: 1 }).init)).text();
    assertEquals(recording.count, 1);
  }
  const [exchange] = await place.recordings("a.jsonl");
  assertEquals(exchange!.request.body, { text: "removed" });
});

Deno.test("recorder: a redact that throws breaks no answer, and is reported at the end", async () => {
  await using place = await folder();
  await using server = serve(() => ({ chunks: ["ok"] }));
  const recording = recorder({
    file: place.path("a.jsonl"),
    redact: () => {
      throw new Error("my mistake");
    },
  });
  assertEquals(await (await recording.fetch(`${server.url}/models`)).text(), "ok");
  await assertRejects(() => recording.close(), Error, "my mistake");
  await recording.close();
});

Deno.test("recorder: rejects an existing file, and invalid options", async () => {
  await using place = await folder();
  const file = place.path("a.jsonl");
  await writeFile(file, "paid for\n");
  assertThrows(() => recorder({ file }), TypeError, "exists: choose another, or set overwrite");
  assertEquals(await readFile(file, "utf8"), "paid for\n");
  await recorder({ file, overwrite: true }).close();
  assertEquals(await readFile(file, "utf8"), "");
  const wrong = [
    [{}, "Cannot record as file must be a path or a file URL: current value is undefined"],
    [{ file, baseURL: "ftp://a" }, "baseURL must be an http or https URL"],
    [{ file, port: 3 }, "port needs baseURL"],
    [{ file, baseURL: "http://a", port: -1 }, "port must be a port from 0 to 65535"],
    [{ file, redact: 1 }, "redact must be true or false"],
    [{ file, baseUrl: "" }, 'there is no option "baseUrl": did you mean "baseURL"?'],
  ] as const;
  for (const [options, message] of wrong) {
    assertMatch(
      assertThrows(() => recorder(options as never), Error).message,
      new RegExp(message.replaceAll(/[?]/g, "\\?")),
    );
  }
});
