import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { simulator } from "../../../src/testing/simulator/simulator.ts";
import { answerTo, chat, readEvents, say, textOf, until, user } from "./client.ts";
import { runtime } from "../../runtime.ts";

Deno.test("can be disposed, and closed twice", async () => {
  const sim = await simulator();
  assertEquals(sim.url, `http://127.0.0.1:${sim.port}/v1`);
  await sim.close();
  await sim.close();
  await using _ = simulator();
});

Deno.test("listens on the given port", async () => {
  const first = simulator();
  const { port } = first;
  await first.close();
  await using sim = simulator({ port });
  assertEquals(sim.port, port);
  assertEquals((await chat(sim).then((r) => r.json())).object, "chat.completion");
});

Deno.test("a plain answer has OpenAI's format", async () => {
  await using sim = simulator();
  const response = await chat(sim, { messages: user("12345678") });
  assertEquals(response.headers.get("content-type"), "application/json");
  assertMatch(response.headers.get("x-request-id")!, /^req_/);
  const { id, created, system_fingerprint: _, ...rest } = await response.json();
  assertMatch(id, /^chatcmpl-/);
  assert(Math.abs(created - Date.now() / 1000) < 60);
  const { usage, choices, ...frame } = rest;
  assertEquals(frame, { object: "chat.completion", model: "m" });
  assertEquals(choices[0].finish_reason, "stop");
  assertEquals(choices[0].message.role, "assistant");
  assertEquals(choices[0].message.refusal, null);
  assertEquals(usage.prompt_tokens, 2);
  assertEquals(usage.completion_tokens, Math.ceil(choices[0].message.content.length / 4));
  assertEquals(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens);
  assertEquals(usage.prompt_tokens_details.cached_tokens, 0);
  assertEquals(usage.completion_tokens_details.reasoning_tokens, 0);
});

Deno.test("a stream has the same text, the reason and, if requested, the usage", async () => {
  await using sim = simulator({ chunkSize: 1 });
  const messages = user("Tell me about æøå 👍 and more");
  const plain = await answerTo(sim, { messages });
  const response = await chat(sim, {
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  assertMatch(response.headers.get("content-type")!, /^text\/event-stream/);
  const { data, done } = readEvents(await response.text());
  assert(done);
  assertEquals(textOf(data), plain.choices[0].message.content);
  assertEquals(data[0].choices[0].delta.role, "assistant");
  assert(data.length > 4);
  assertEquals(data.at(-2).choices[0].finish_reason, "stop");
  assertEquals(data.at(-1).choices, []);
  assertEquals(data.at(-1).usage, plain.usage);
  assertEquals(data[0].usage, null);
  assertEquals(data[0].object, "chat.completion.chunk");
});

Deno.test("a stream without include_usage has no usage", async () => {
  await using sim = simulator();
  const { data, done } = readEvents(await (await chat(sim, { stream: true })).text());
  assert(done);
  assert(data.every((chunk) => !("usage" in chunk)));
  assertEquals(data.at(-1).choices[0].finish_reason, "stop");
});

Deno.test("tokensPerSecond spaces out the chunks", async () => {
  await using sim = simulator({
    respond: () => "x".repeat(64),
    chunkSize: 4,
    tokensPerSecond: 100,
  });
  const start = performance.now();
  const response = await chat(sim, { stream: true });
  let pieces = 0;
  for await (const _ of response.body!) pieces++;
  assert(performance.now() - start > 100, "16 tokens at 100 a second in chunks of 4");
  assert(pieces >= 2);
  const again = performance.now();
  await answerTo(sim, {});
  assert(performance.now() - again > 140, "a plain answer waits for its last token");
});

Deno.test("every kind of latency delays the answer", async () => {
  const latencies = [
    40,
    { min: 40, max: 41 },
    { mean: 40, stddev: 0 },
    { p50: 40, p99: 41 },
    () => 40,
  ] as const;
  await using sim = simulator();
  for (const latency of latencies) {
    sim.configure({ latency });
    const start = performance.now();
    await answerTo(sim, {});
    assert(performance.now() - start > 30);
  }
});

Deno.test("lists its models, and rejects others if models is given", async () => {
  await using sim = simulator();
  const list = async () =>
    (await (await fetch(`${sim.url}/models`)).json()).data.map((model: { id: string }) => model.id);
  assertEquals((await list()).length, 2);
  sim.configure({ models: ["a", "b"] });
  assertEquals(await list(), ["a", "b"]);
  const response = await chat(sim, { model: "c" });
  assertEquals(response.status, 404);
  assertEquals((await response.json()).error.code, "model_not_found");
  assertEquals((await answerTo(sim, { model: "b" })).model, "b");
});

Deno.test("answers invalid requests with OpenAI's errors", async () => {
  await using sim = simulator();
  const post = (path: string, body: string) => fetch(`${sim.url}${path}`, { method: "POST", body });
  const cases = [
    [await post("/embeddings", "{}"), 404, null],
    [await fetch(`${sim.url}/chat/completions`), 404, null],
    [await post("/chat/completions", "{"), 400, null],
    [await post("/chat/completions", "[]"), 400, null],
    [await post("/chat/completions", '{"messages":[]}'), 400, "model"],
    [await post("/chat/completions", '{"model":"m"}'), 400, "messages"],
    [await post("/chat/completions", '{"model":"m","messages":[{}]}'), 400, "messages[0].role"],
  ] as const;
  for (const [response, status, param] of cases) {
    assertEquals(response.status, status);
    const { error } = await response.json();
    assertEquals(error.type, "invalid_request_error");
    assertEquals(error.param, param);
  }
});

Deno.test("a wrong API key gets a 401 that does not contain it", async () => {
  await using sim = simulator({ apiKey: "sk-right" });
  const wrong = await chat(sim, {}, { headers: { authorization: "Bearer sk-wrong" } });
  assertEquals(wrong.status, 401);
  const text = await wrong.text();
  assertEquals(JSON.parse(text).error.code, "invalid_api_key");
  assert(!text.includes("sk-wrong") && !text.includes("sk-right"));
  const none = await fetch(`${sim.url}/models`);
  assertEquals(none.status, 401);
  await none.body?.cancel();
  const right = await chat(sim, {}, { headers: { authorization: "Bearer sk-right" } });
  assertEquals(right.status, 200);
  await right.body?.cancel();
});

Deno.test("respond makes the answers, including tool calls and usage", async () => {
  await using sim = simulator({
    respond: async (request) => {
      await Promise.resolve();
      if (request.index === 0) return `${request.model} ${request.text} ${request.header("x-a")}`;
      return {
        content: null,
        toolCalls: [{ name: "f", arguments: { a: 1 } }, { id: "c2", name: "g", arguments: "{bad" }],
        usage: { inputTokens: 7, outputTokens: 9 },
      };
    },
  });
  const first = await (await chat(sim, {}, { headers: { "x-a": "1" } })).json();
  assertEquals(first.choices[0].message.content, "m Hello 1");
  const plain = await answerTo(sim, {});
  const [one, two] = plain.choices[0].message.tool_calls;
  assertEquals(plain.choices[0].finish_reason, "tool_calls");
  assertEquals(one.function, { name: "f", arguments: '{"a":1}' });
  assertEquals(two, { id: "c2", type: "function", function: { name: "g", arguments: "{bad" } });
  assertEquals([plain.usage.prompt_tokens, plain.usage.completion_tokens], [7, 9]);

  const { data } = readEvents(await (await chat(sim, { stream: true })).text());
  const args: string[] = [];
  for (const chunk of data) {
    for (const call of chunk.choices[0].delta.tool_calls ?? []) {
      args[call.index] = (args[call.index] ?? "") + call.function.arguments;
    }
  }
  assertEquals(args, ['{"a":1}', "{bad"]);
});

Deno.test("a function that throws causes a 500 with its message", async () => {
  await using sim = simulator({
    respond: () => {
      throw new Error("oops");
    },
  });
  const response = await chat(sim);
  assertEquals(response.status, 500);
  assertMatch((await response.json()).error.message, /oops/);
});

Deno.test("a tool is called when the client requires it", async () => {
  await using sim = simulator();
  const parameters = {
    type: "object",
    properties: { n: { type: "integer", minimum: 3 } },
    required: ["n"],
  };
  const tools = ["first", "second"].map((name) => ({
    type: "function",
    function: { name, parameters },
  }));
  const messages = user("Hello");
  assertEquals((await answerTo(sim, { messages, tools })).choices[0].finish_reason, "stop");
  const required = (await answerTo(sim, { messages, tools, tool_choice: "required" })).choices[0];
  assertEquals(required.finish_reason, "tool_calls");
  assertEquals(required.message.tool_calls[0].function.name, "first");
  assert(JSON.parse(required.message.tool_calls[0].function.arguments).n >= 3);
  const tool_choice = { type: "function", function: { name: "second" } };
  const named = (await answerTo(sim, { messages, tools, tool_choice })).choices[0];
  assertEquals(named.message.tool_calls[0].function.name, "second");
  const after = [
    ...messages,
    { role: "assistant", content: null, tool_calls: named.message.tool_calls },
    { role: "tool", tool_call_id: named.message.tool_calls[0].id, content: "42" },
  ];
  const last =
    (await answerTo(sim, { messages: after, tools, tool_choice: "required" })).choices[0];
  assertMatch(last.message.content, /42/);
});

Deno.test("max_tokens cuts the answer off", async () => {
  await using sim = simulator();
  const { choices, usage } = await answerTo(sim, {
    max_completion_tokens: 2,
    messages: user("Go on"),
  });
  assertEquals(choices[0].finish_reason, "length");
  assertEquals(usage.completion_tokens, 2);
});

Deno.test("the same seed repeats a run, another seed does not", async () => {
  const run = async (seed: number) => {
    await using sim = simulator({ seed, faults: { error500: 0.3, error503: 0.3 } });
    const statuses: number[] = [];
    for (let i = 0; i < 40; i++) {
      const response = await chat(sim);
      await response.body?.cancel();
      statuses.push(response.status);
    }
    return statuses;
  };
  assertEquals(await run(7), await run(7));
  assertNotEquals(await run(7), await run(8));
});

Deno.test("stats count requests, statuses, faults and tokens", async () => {
  await using sim = simulator({ script: ["ok", "500", "ok"] });
  await answerTo(sim, { messages: user("12345678") });
  await (await chat(sim)).body?.cancel();
  const { stats } = sim;
  assertEquals(stats.requests, 2);
  assertEquals(stats.byStatus, { 200: 1, 500: 1 });
  assertEquals(stats.faults, { error500: 1 });
  assertEquals(stats.peakInFlight, 1);
  assertEquals(stats.inputTokens, 2);
  assert(stats.outputTokens > 0);
  stats.byStatus[200] = 99;
  assertEquals(sim.stats.byStatus[200], 1);
  sim.resetStats();
  assertEquals(sim.stats.requests, 0);
  assertEquals(sim.stats.byStatus, {});
});

Deno.test("a client that disconnects is counted, and its timers are cleared", async () => {
  await using sim = simulator({ latency: 60_000 });
  const controller = new AbortController();
  const waiting = chat(sim, {}, { signal: controller.signal }).catch((error) => error.name);
  await until(() => sim.stats.inFlight === 1);
  controller.abort();
  assertEquals(await waiting, "AbortError");
  await until(() => sim.stats.aborted === 1);
  assertEquals(sim.stats.inFlight, 0);
  assertEquals(sim.stats.byStatus, {});
});

Deno.test("a client that disconnects in mid-stream is counted", async () => {
  await using sim = simulator({ respond: () => "x".repeat(4000), tokensPerSecond: 50 });
  const response = await chat(sim, { stream: true });
  for await (const _ of response.body!) break;
  await until(() => sim.stats.aborted === 1);
});

Deno.test("2,000 requests at once", async () => {
  await using sim = simulator({ latency: 3_000 });
  // Deno keeps sockets of its own client open, which the sanitizer finds.
  const client = runtime === "deno" ? Deno.createHttpClient({ poolMaxIdlePerHost: 0 }) : undefined;
  const answers = await Promise.all(Array.from({ length: 2000 }, async () => {
    const response = await chat(sim, {}, { client });
    await response.body?.cancel();
    return response.status;
  }));
  client?.close();
  assert(answers.every((status) => status === 200));
  // The `fetch` of Bun has at most 256 requests in flight.
  const least = runtime === "bun" ? 200 : 1_000;
  assert(sim.stats.peakInFlight > least, `${sim.stats.peakInFlight} at once`);
  await until(() => sim.stats.inFlight === 0);
});

Deno.test("configure changes the given options and keeps the others", async () => {
  await using sim = simulator({ apiKey: "k", script: ["500"] });
  const ask = async () => {
    const response = await chat(sim, {}, { headers: { authorization: "Bearer k" } });
    await response.body?.cancel();
    return response.status;
  };
  sim.configure({ latency: 1 });
  assertEquals([await ask(), await ask()], [500, 200]);
  sim.configure({ script: ["503"] });
  assertEquals([await ask(), await ask()], [503, 200]);
  sim.configure({ faults: { error529: 1 } });
  assertEquals(await ask(), 529);
  sim.configure({ faults: undefined, apiKey: undefined });
  assertEquals(await say(sim, "Say 'yes'"), "yes");
});
