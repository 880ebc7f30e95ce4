/** An answer of any size fails its own call, on this runtime. */
import { batch, defineAgent, ProviderError } from "@shoal/agents";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { runtime } from "../../runtime.ts";
import { completion, neverAborts, read, request, serve, until } from "../openai/helpers.ts";
import { BUFFERED, type Endless, type EndlessServer, endlessServer } from "./endless_server.ts";

const MAX = 1_000_000;
const EVENTS = { "content-type": "text/event-stream" };
const DELTA = `data: {"choices":[{"index":0,"delta":{"content":"a"}}]}\n\n`;

/** Answers without end. */
const ENDLESS: Readonly<Record<string, Endless>> = {
  "a text": { start: `{"choices":[{"message":{"content":"`, repeat: "a" },
  "zeros": { repeat: "\0" },
  "whitespace": { repeat: " " },
  "events": { headers: EVENTS, repeat: DELTA },
  "comments": { headers: EVENTS, repeat: ": keep-alive\n\n" },
  "a comment": { headers: EVENTS, repeat: ":" },
  "carriage returns": { headers: EVENTS, repeat: "\r" },
  "an event without a line break": {
    headers: EVENTS,
    start: `data: {"choices":[{"delta":{"content":"`,
    repeat: "a",
  },
  "an event of many lines": { headers: EVENTS, repeat: "data: a\n" },
  "events for plain answers": { repeat: DELTA },
  "tool arguments": {
    headers: EVENTS,
    start: `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"id":"1","function":` +
      `{"name":"f","arguments":"{"}}]}}]}\n\n`,
    repeat: `data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":` +
      `{"arguments":"${"1".repeat(1_000)}"}}]}}]}\n\n`,
  },
  "a line that begins with a field": { headers: EVENTS, start: "data", repeat: "a" },
};

/** Deno's `fetch` does not decompress zstd. */
const ENCODINGS = runtime === "deno"
  ? [undefined, "gzip", "br", "deflate"] as const
  : [undefined, "gzip", "br", "deflate", "zstd"] as const;

function agentOf(server: EndlessServer, options: OpenAIOptions = {}) {
  const provider = openai({ baseURL: server.url, maxAnswerBytes: MAX, ...options });
  const agent = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 2 });
  return Object.assign(agent, { [Symbol.asyncDispose]: () => provider[Symbol.asyncDispose]() });
}

for (const [name, what] of Object.entries(ENDLESS)) {
  for (const api of ["chat", "responses"] as const) {
    Deno.test(`answer limits, ${api}: ${name} without end fails the call, once`, async () => {
      await using server = endlessServer(() => what);
      await using agent = agentOf(server, { api });
      for (const streamed of [false, true]) {
        const { requests, closed } = server;
        const { error, attempts } = await agent.settle({}, streamed ? { onDelta() {} } : {});
        assertEquals([error?.code, error?.retryable, attempts.length], ["provider", false, 1]);
        assertStringIncludes(error!.message, "larger than 1,000,000 bytes");
        assertStringIncludes(error!.message, "raise the option maxAnswerBytes");
        assertEquals(server.requests, requests + 1);
        await until(() => server.closed === closed + 1, "the connection is closed");
      }
      assert(server.sent < 2 * BUFFERED, `${server.sent} bytes were sent`);
    });
  }
}

for (const encoding of ENCODINGS) {
  Deno.test(`answer limits: ${encoding ?? "plain"} bytes are counted decompressed`, async () => {
    for (const headers of [{}, EVENTS]) {
      await using server = endlessServer(() => ({ headers, repeat: "\0", encoding }));
      for (const fetchOption of [undefined, fetch]) {
        await using agent = agentOf(server, { fetch: fetchOption });
        const { closed } = server;
        const { error } = await agent.settle({});
        assertEquals(error?.code, "provider");
        await until(() => server.closed === closed + 1, "the connection is closed");
      }
    }
  });

  Deno.test(`answer limits: an error (${encoding ?? "plain"}) without end has its status`, async () => {
    await using server = endlessServer((n) => ({
      status: [429, 500, 400][n - 1]!,
      headers: { "retry-after-ms": "0" },
      start: '{"error":{"message":"',
      repeat: "a",
      encoding,
    }));
    await using agent = agentOf(server);
    const { error, attempts } = await agent.settle({}, { retries: { max: 2, base: 1 } });
    assertEquals(attempts.map(({ status }) => status), [429, 500, 400]);
    assertEquals(error?.code, "provider");
    assertStringIncludes(error!.message, "with an error of more than 1048576 bytes");
    await until(() => server.closed === 3, "the connections are closed");
  });
}

Deno.test("answer limits: the default ends an answer without end, too", async () => {
  await using server = endlessServer(() => ({ repeat: " ", encoding: "gzip" }));
  await using agent = agentOf(server, { maxAnswerBytes: undefined });
  const { error } = await agent.settle({});
  assertStringIncludes(error!.message, "larger than 67,108,864 bytes");
  await until(() => server.closed === 1, "the connection is closed");
});

Deno.test("answer limits: only the call fails whose answer is too large", async () => {
  let count = 0;
  const bodies = ["small", "a".repeat(2 * MAX)];
  await using server = serve(() => {
    const content = bodies[count++ % 2];
    return Response.json(completion({ message: { content }, finish_reason: "stop" }));
  });
  await using provider = openai({ baseURL: server.url, maxAnswerBytes: MAX });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  const results = await batch(Array.from({ length: 20 }, () => [A, {}] as const));
  const codes = results.map(({ error }) => error?.code ?? "ok").sort();
  assertEquals(codes, [...Array(10).fill("ok"), ...Array(10).fill("provider")]);
});

Deno.test("answer limits: an answer of exactly the maximum is read, one more byte is not", async () => {
  const body = JSON.stringify(
    completion({ message: { content: "ä".repeat(10_000) }, finish_reason: "stop" }),
  );
  const bytes = new TextEncoder().encode(body);
  for (const isChunked of [false, true]) {
    await using server = serve(() =>
      new Response(isChunked ? ReadableStream.from([bytes.slice(0, 9), bytes.slice(9)]) : body, {
        headers: { "content-type": "application/json" },
      })
    );
    for (const [maxAnswerBytes, ok] of [[bytes.length, true], [bytes.length - 1, false]] as const) {
      await using provider = openai({ baseURL: server.url, maxAnswerBytes });
      const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
      assertEquals((await A.settle({})).ok, ok);
      assertEquals((await A.settle({}, { onDelta() {} })).ok, ok);
    }
  }
});

Deno.test("answer limits: time limits apply while bytes drip", async () => {
  let timers: ReturnType<typeof setInterval>[] = [];
  await using server = serve(() => {
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        const drip = () => controller.enqueue(new TextEncoder().encode(" "));
        timers.push(setInterval(drip, 20));
      },
      cancel() {
        for (const timer of timers) clearInterval(timer);
        timers = [];
      },
    });
    return new Response(body, { status: timers.length % 2 === 0 ? 200 : 500, headers: EVENTS });
  });
  await using provider = openai({ baseURL: server.url });
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  const onDelta = () => {};
  assertEquals((await A.settle({}, { timeout: { attempt: 200 } })).error?.code, "timeout");
  assertEquals(
    (await A.settle({}, { timeout: { firstToken: 200 }, onDelta })).error?.code,
    "timeout",
  );
  assertEquals((await A.settle({}, { timeout: { idle: 200 }, onDelta })).error?.code, "timeout");
  await until(() => timers.length === 0, "the connections are closed");
});

Deno.test("answer limits: too many tool calls, and too long arguments, fail the call", async () => {
  const calls = Array.from({ length: 5_000 }, (_, i) => ({
    index: i,
    id: `${i}`,
    type: "function",
    function: { name: "f", arguments: "{}" },
  }));
  const long = [{ ...calls[0]!, function: { name: "f", arguments: "1".repeat(5_000_000) } }];
  for (const [tool_calls, words] of [[calls, "2,048 tool calls"], [long, "4,194,304"]] as const) {
    await using server = serve(async (sent) => {
      const { stream } = await sent.json();
      const choice = {
        index: 0,
        finish_reason: "tool_calls",
        [stream ? "delta" : "message"]: { tool_calls },
      };
      const body = JSON.stringify({ choices: [choice] });
      return stream
        ? new Response(`data: ${body}\n\ndata: [DONE]\n\n`, { headers: EVENTS })
        : new Response(body, { headers: { "content-type": "application/json" } });
    });
    await using provider = openai({ baseURL: server.url });
    for (
      const act of [
        () => provider.generate(request(), { signal: neverAborts() }),
        () => read(provider.stream(request(), { signal: neverAborts() })),
      ]
    ) {
      const error = await act().then(() => undefined, (thrown) => thrown);
      assert(error instanceof ProviderError);
      assertStringIncludes(error.message, words);
      assertEquals([error.code, error.retryable], ["provider", false]);
    }
  }
});

Deno.test("answer limits: rejects a maxAnswerBytes that is no size, at once", () => {
  for (const maxAnswerBytes of [0, -1, 1.5, NaN, Infinity, 500_000_001]) {
    const error = assertThrows(
      () => openai({ baseURL: "http://x/v1", maxAnswerBytes }),
      RangeError,
    );
    assertStringIncludes(
      error.message,
      "maxAnswerBytes must be a whole number from 1 to 500,000,000",
    );
    assertStringIncludes(error.message, `current value is ${maxAnswerBytes}`);
  }
  const wrong = { baseURL: "http://x/v1", maxAnswerBytes: "1MB" as unknown as number };
  assertThrows(() => openai(wrong), TypeError, "maxAnswerBytes");
});
