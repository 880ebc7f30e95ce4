/** Tests that clients which retry by status retry what is worth it, and nothing else. */
import { createOpenAI } from "@ai-sdk/openai";
import { defineAgent, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { APICallError, generateText, streamText } from "ai";
import OpenAI from "openai";
import {
  collect,
  echo,
  readEvents,
  request,
  requestInit,
  routes,
  serve,
  TOKEN,
} from "../helpers.ts";
import { chunksOf, refusedWith, serveUpstream, type UpstreamAnswer } from "./upstream.ts";

/** Longer than a client may be kept waiting for nothing: 50 ms were too short. */
const PAUSE = 150;

const SOON = { "retry-after-ms": "5" };
const BUSY = refusedWith(429, { code: "rate_limit_exceeded" }, SOON);
const DOWN = refusedWith(503, {}, SOON);
const WRONG = refusedWith(400, { code: "context_length_exceeded" });

const FINE: UpstreamAnswer = chunksOf([{ role: "assistant" }, { content: "fi" }, {
  content: "ne",
}]);
const FINE_JSON: UpstreamAnswer = {
  body: { choices: [{ message: { role: "assistant", content: "fine" }, finish_reason: "stop" }] },
};

/** Sends a request through each API, streamed or not, and reads the whole text. */
const ASK = {
  async chat(openai: OpenAI, stream: boolean): Promise<string> {
    const messages = [{ role: "user" as const, content: "x" }];
    if (!stream) {
      const { choices } = await openai.chat.completions.create({ model: "up", messages });
      return choices[0]!.message.content!;
    }
    let text = "";
    for await (
      const { choices } of await openai.chat.completions.create({ model: "up", messages, stream })
    ) text += choices[0]?.delta.content ?? "";
    return text;
  },
  async responses(openai: OpenAI, stream: boolean): Promise<string> {
    if (!stream) return (await openai.responses.create({ model: "up", input: "x" })).output_text;
    let text = "";
    for await (const event of await openai.responses.create({ model: "up", input: "x", stream })) {
      if (event.type === "response.output_text.delta") text += event.delta;
    }
    return text;
  },
};

for (const api of ["chat", "responses"] as const) {
  for (const stream of [false, true]) {
    const name = `${api}, ${stream ? "streamed" : "JSON"}`;
    const fine = stream ? FINE : FINE_JSON;

    Deno.test(`${name}: the client retries what the model's server rejects for now`, async () => {
      await using upstream = serveUpstream([BUSY, DOWN, fine], { pause: PAUSE });
      await using served = serve(routes([upstream.agent]));
      const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 2 });
      assertEquals(await ASK[api](openai, stream), "fine");
      assertEquals(upstream.requests.length, 3);
    });

    Deno.test(`${name}: a 429 has the wait of the model's server`, async () => {
      const limit = refusedWith(429, {}, { "retry-after": "7" });
      await using upstream = serveUpstream([limit], { pause: PAUSE });
      await using served = serve(routes([upstream.agent]));
      const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
      const error = await assertRejects(() => ASK[api](openai, stream), OpenAI.RateLimitError);
      const { headers } = error;
      assertEquals(headers.get("retry-after"), "7");
      assertEquals(headers.get("retry-after-ms"), "7000");
      assertEquals(headers.get("x-should-retry"), "true");
      assert(!error.message.includes("sk-1"));
    });

    for (const status of [400, 401, 403, 404, 413, 422]) {
      Deno.test(`${name}: a ${status} of the model's server is sent once`, async () => {
        await using upstream = serveUpstream([refusedWith(status)], { pause: PAUSE });
        await using served = serve(routes([upstream.agent]));
        const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN });
        const error = await assertRejects(() => ASK[api](openai, stream), OpenAI.BadRequestError);
        assertEquals(error.headers.get("x-should-retry"), "false");
        assertEquals(upstream.requests.length, 1);
      });
    }

    Deno.test(`${name}: a quota that is used up is not retried`, async () => {
      const spent = refusedWith(429, { code: "insufficient_quota" });
      await using upstream = serveUpstream([spent], { pause: PAUSE });
      await using served = serve(routes([upstream.agent]));
      const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN });
      const error = await assertRejects(() => ASK[api](openai, stream), OpenAI.RateLimitError);
      assertEquals([error.code, error.type], ["insufficient_quota", "insufficient_quota"]);
      assertEquals(upstream.requests.length, 1);
    });
  }

  Deno.test(`${api}: the AI SDK retries by status`, async () => {
    await using upstream = serveUpstream([BUSY, FINE_JSON, BUSY, FINE, WRONG], { pause: PAUSE });
    await using served = serve(routes([upstream.agent]));
    const openai = createOpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN });
    const model = openai[api]("up");
    assertEquals((await generateText({ model, prompt: "x" })).text, "fine");
    assertEquals(upstream.requests.length, 2);
    assertEquals(await streamText({ model, prompt: "x" }).text, "fine");
    assertEquals(upstream.requests.length, 4);
    const error = await assertRejects(() => generateText({ model, prompt: "x" }), APICallError);
    assertEquals([error.statusCode, error.isRetryable], [400, false]);
    assertEquals(upstream.requests.length, 5);
  });

  Deno.test(`${api}: retries and fallbacks of the agent do not commit the status`, async () => {
    const fallback = scripted(
      new ProviderError("down", { code: "provider", status: 503, retryable: true }),
    );
    await using upstream = serveUpstream([DOWN], { retries: 1, pause: PAUSE });
    const agent = upstream.agent.with({
      fallbackModels: [{ model: "other", provider: fallback, retries: 0 }],
      retries: { max: 1, base: 1 },
    });
    await using served = serve(routes([agent]));
    const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
    const error = await assertRejects(() => ASK[api](openai, true), OpenAI.InternalServerError);
    assertEquals([error.status, error.headers.get("x-should-retry")], [502, "true"]);
    assertEquals([upstream.requests.length, fallback.calls], [2, 1]);
  });

  Deno.test(`${api}: the response begins when a heartbeat is due`, async () => {
    await using upstream = serveUpstream([WRONG], { pause: 400 });
    await using served = serve(routes([upstream.agent], { heartbeat: 100 }));
    const openai = new OpenAI({ baseURL: `${served.url}/v1`, apiKey: TOKEN, maxRetries: 0 });
    // The response has begun, so the error has no status.
    const error = await assertRejects(() => ASK[api](openai, true), OpenAI.APIError);
    assertEquals([error.status, error.code], [undefined, "provider"]);
  });
}

Deno.test("Shoal's own streams have the status of the call, also after retries", async () => {
  await using upstream = serveUpstream([DOWN, DOWN, WRONG, BUSY, FINE], { pause: PAUSE });
  const agent = upstream.agent.with({ retries: { max: 1, base: 1 } });
  await using served = serve(routes([agent]));
  const post = (text: string) => fetch(`${served.url}/up/stream`, requestInit({ text }));
  const down = await post("a");
  assertEquals([down.status, down.headers.get("x-should-retry")], [502, "true"]);
  const wrong = await post("b");
  assertEquals([wrong.status, wrong.headers.get("x-should-retry")], [502, "false"]);
  assertEquals((await wrong.json()).code, "provider");
  await down.body!.cancel();
  const events = await collect(readEvents((await post("c")).body!));
  assertEquals(events.map(({ event }) => event), ["retry", "delta", "delta", "result"]);
});

Deno.test("events that were held back are sent when a heartbeat is due", async () => {
  await using upstream = serveUpstream([BUSY, FINE], { pause: 150 });
  const agent = upstream.agent.with({ retries: { max: 1, base: 1 } });
  await using served = serve(routes([agent], { heartbeat: 200 }));
  const response = await fetch(`${served.url}/up/stream`, requestInit({ text: "x" }));
  const text = await response.text();
  assert(text.startsWith("event: retry\n"), text);
  assert(text.includes("event: result\n"));
});

Deno.test("reports whether to retry for limits of the routes, too", async () => {
  const app = routes([echo().agent], { limits: { principal: { requestsPerMinute: 1 } } });
  const chat = { model: "echo", messages: [{ role: "user", content: "x" }] };
  assertEquals((await request(app, "/v1/chat/completions", chat)).status, 200);
  const limited = await request(app, "/v1/chat/completions", chat);
  assertEquals([limited.status, limited.headers.get("x-should-retry")], [429, "true"]);
  const spent = routes([echo().agent], { limits: { principal: { budget: { calls: 1 } } } });
  assertEquals((await request(spent, "/v1/chat/completions", chat)).status, 200);
  const refused = await request(spent, "/v1/chat/completions", chat);
  assertEquals([refused.status, refused.headers.get("x-should-retry")], [429, "false"]);
  assertEquals([refused.json.error.code, refused.json.code], ["insufficient_quota", "budget"]);
});

Deno.test("an error of the agent's own code is not the client's fault", async () => {
  const agent = defineAgent({
    name: "up",
    run: () => {
      throw new Error("PRIVATE");
    },
  });
  const { status, json, text } = await request(routes([agent]), "/v1/responses", {
    model: "up",
    input: "x",
  });
  assertEquals([status, json.error.type], [500, "server_error"]);
  assert(!text.includes("PRIVATE"));
});
