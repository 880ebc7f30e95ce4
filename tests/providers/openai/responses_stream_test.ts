import { defineAgent, type Message, type ModelRequest, type ToolSpec } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import type { SimulatorFault, SimulatorRequest } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { errorOf } from "../../helpers.ts";
import {
  DONE,
  neverAborts,
  type Pair,
  read,
  request,
  respondWith,
  serve,
  startPair,
} from "./helpers.ts";

const api = "responses";
const textDelta = (delta: unknown) => ({
  type: "response.output_text.delta",
  output_index: 0,
  delta,
});
const completed = (more = {}) => ({
  type: "response.completed",
  response: { status: "completed", output: [], ...more },
});
const call = { type: "function_call", id: "fc_1", call_id: "a", name: "f", arguments: "" };

function events(...all: unknown[]): Pair {
  const body = all.map((e) => typeof e === "string" ? e : `data: ${JSON.stringify(e)}\n\n`);
  const headers = { "content-type": "text/event-stream" };
  return respondWith(body.join(""), { headers }, { api });
}

Deno.test("responses stream: gives the same reply as a complete response", async () => {
  await using pair = startPair({
    respond: () => ({
      content: "one two three four five six",
      toolCalls: [{ name: "f", arguments: { a: "long enough for pieces" } }, {
        name: "g",
        arguments: {},
      }],
      usage: { inputTokens: 9, outputTokens: 7 },
    }),
    chunkSize: 1,
  }, { api });
  const complete = await pair.generate();
  const { deltas, text, reply } = await pair.stream();
  const unnamed = (r: typeof complete) => r.toolCalls?.map(({ name, args }) => ({ name, args }));
  assertEquals({ ...reply, toolCalls: unnamed(reply) }, {
    ...complete,
    toolCalls: unnamed(complete),
  });
  assertEquals(complete.usage?.totalTokens, 16);
  assertEquals(complete.toolCalls?.length, 2);
  assertEquals(text, complete.text);
  assert(deltas.length > 3 && deltas.every((delta) => delta !== ""), `${deltas.length}`);
});

Deno.test("responses stream: reads refusal, length and content filter", async () => {
  const script: SimulatorFault[] = ["refusal", "length", "contentFilter"];
  await using pair = startPair({ script: [...script, ...script], respond: () => "12345678" }, {
    api,
  });
  const complete = [await pair.generate(), await pair.generate(), await pair.generate()];
  for (const first of complete) {
    const { reply, text } = await pair.stream();
    assertEquals(reply, first);
    assertEquals(text, reply.text);
  }
  assertStringIncludes(complete[0]!.refusal!, "can't help");
  assertEquals(complete.map((r) => r.finishReason), ["stop", "length", "content_filter"]);
  assertEquals([complete[1]!.text, complete[2]!.text], ["1234", "1234"]);
});

Deno.test("responses stream: assembles what a server omits from its last event", async () => {
  const done = { ...call, arguments: '{"a":1}' };
  const shapes: Record<string, unknown[]> = {
    "items at their end": [{ type: "response.output_item.done", output_index: 1, item: done }],
    "items in pieces": [
      { type: "response.output_item.added", output_index: 1, item: call },
      { type: "response.function_call_arguments.delta", output_index: 1, delta: '{"a"' },
      { type: "response.function_call_arguments.delta", output_index: 1, delta: ":1}" },
    ],
    "the end replaces the pieces": [
      { type: "response.output_item.added", output_index: 1, item: call },
      { type: "response.function_call_arguments.delta", output_index: 1, delta: "nonsense" },
      { type: "response.output_item.done", output_index: 1, item: done },
    ],
  };
  for (const [name, items] of Object.entries(shapes)) {
    await using pair = events(textDelta("hi"), ...items, completed());
    const { reply } = await pair.stream();
    assertEquals(reply.toolCalls, [{ id: "a", name: "f", args: '{"a":1}' }], name);
    assertEquals([reply.text, reply.finishReason], ["hi", "tool_calls"]);
  }
  await using text = events(textDelta("hi"), completed());
  assertEquals((await text.stream()).reply.text, "hi");
  await using bare = events(textDelta("hi"), { type: "response.completed" }, DONE);
  assertEquals((await bare.stream()).reply.text, "hi");
});

Deno.test("responses stream: reads a response without deltas", async () => {
  const output = [{ type: "message", content: [{ type: "output_text", text: "whole" }] }];
  await using pair = events(completed({ output }));
  const { deltas, reply } = await pair.stream();
  assertEquals([deltas, reply.text], [["whole"], "whole"]);
});

Deno.test("responses stream: ignores events in odd shapes", async () => {
  await using pair = events(
    ": a comment\n\n",
    "data: null\n\n",
    "data: 5\n\n",
    {},
    { type: "response.created", response: null },
    { type: "response.output_item.added", item: null },
    { type: "response.function_call_arguments.delta", output_index: 9, delta: "x" },
    { type: "response.reasoning_summary_text.delta", delta: "hm" },
    textDelta(null),
    textDelta(5),
    textDelta("a"),
    textDelta("b"),
    completed(),
  );
  const { deltas, reply } = await pair.stream();
  assertEquals([deltas.filter((d) => d !== ""), reply.text], [["a", "b"], "ab"]);
});

Deno.test("responses stream: reports a stream without its last event as truncated", async () => {
  await using pair = events(textDelta("half"), DONE);
  const error = await pair.streamError();
  assertEquals([error.code, error.text, error.retryable], ["truncated", "half", true]);
});

Deno.test("responses stream: reports errors in the middle, in every format", async () => {
  const failure = { code: "server_error", message: "it broke" };
  const shapes = [
    { type: "error", ...failure },
    { type: "error", error: failure },
    `event: error\ndata: ${JSON.stringify({ type: "error", ...failure })}\n\n`,
    { type: "response.failed", response: { status: "failed", error: failure } },
    { error: failure },
  ];
  for (const shape of shapes) {
    await using pair = events(textDelta("half"), shape, completed());
    const error = await pair.streamError();
    assertEquals([error.code, error.retryable], ["provider", true]);
    assertStringIncludes(error.message, "it broke");
  }
  await using nothing = events({ type: "response.failed" });
  assertEquals((await nothing.streamError()).code, "provider");
});

const FAULTS: [SimulatorFault, string][] = [
  ["truncate", "truncated"],
  ["malformed", "provider"],
  ["streamError", "provider"],
  ["resetBody", "network"],
  ["emptyChoices", "provider"],
  ["reset", "network"],
  ["503", "provider"],
  ["429", "rate_limited"],
];
for (const [fault, code] of FAULTS) {
  Deno.test(`responses: reports the fault ${fault}, streamed and complete`, async () => {
    const script = [fault, fault, "ok"] as const;
    await using pair = startPair({ script, respond: () => "one two three four five six" }, { api });
    assertEquals((await pair.streamError()).code, code);
    const complete = await pair.error();
    // A complete response that is cut off is not JSON.
    assertEquals(complete.code, code === "truncated" ? "provider" : code);
    assertEquals((await pair.stream()).text, "one two three four five six");
  });
}

Deno.test("responses stream: does not wait for the connection to close", async () => {
  let cancelled = false;
  await using server = serve(() => {
    const body = new ReadableStream({
      start(controller) {
        const all = [textDelta("a"), completed()].map((e) => `data: ${JSON.stringify(e)}\n\n`);
        controller.enqueue(new TextEncoder().encode(all.join("")));
      },
      cancel() {
        cancelled = true;
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  });
  await using provider = openai({ baseURL: server.url, api });
  const { reply } = await read(provider.stream(request(), { signal: neverAborts() }));
  assertEquals([reply.text, reply.finishReason], ["a", "stop"]);
  for (let i = 0; i < 500 && !cancelled; i++) await new Promise((done) => setTimeout(done, 10));
  assert(cancelled);
});

Deno.test("responses stream: reuses the connection for the next stream", async () => {
  await using pair = startPair({}, { api });
  for (let i = 0; i < 5; i++) await pair.stream();
  assertEquals([pair.sim.stats.requests, pair.sim.stats.connections], [5, 1]);
});

const tools: ToolSpec[] = ["get_weather", "get_time"].map((name) => ({
  name,
  parameters: { type: "object", properties: { city: { type: "string" } } },
}));

Deno.test("responses: sends the reasoning back in a round of tools", async () => {
  const seen: SimulatorRequest[] = [];
  await using pair = startPair({
    script(request) {
      seen.push(request);
      return undefined;
    },
  }, { api });
  for (const ask of [pair.generate, async (r: ModelRequest) => (await pair.stream(r)).reply]) {
    const prompt = request("Use get_weather and get_time", { model: "gpt-5-mini", tools });
    const { text, toolCalls, providerData, finishReason } = await ask(prompt);
    assertEquals([text, finishReason, toolCalls?.length], ["", "tool_calls", 2]);
    assertEquals(JSON.parse(JSON.stringify(providerData)), providerData);
    const messages: Message[] = [
      ...prompt.messages,
      { role: "assistant", content: text, toolCalls, providerData },
      ...toolCalls!.map(({ id }) => ({ role: "tool" as const, toolCallId: id, content: "fine" })),
    ];
    const { text: other } = await ask({ ...prompt, messages });
    assertEquals(other, "The tools returned: fine; fine");
    const types = (seen.at(-1)!.body.input as { type?: string }[]).map(({ type }) => type);
    assertEquals(types, [
      undefined,
      "reasoning",
      "function_call",
      "function_call",
      "function_call_output",
      "function_call_output",
    ]);
    // Another model gets the same round without it.
    await ask({ ...prompt, model: "m", messages });
    const { input } = seen.at(-1)!.body;
    assert((input as { type?: string }[]).every(({ type }) => type !== "reasoning"));
  }
});

Deno.test("responses: serves agents, with a schema in each way, and with settings", async () => {
  const bodies: SimulatorRequest[] = [];
  for (const structuredOutput of ["json_schema", "json_object", "prompt"] as const) {
    await using pair = startPair({
      script(request) {
        bodies.push(request);
        return undefined;
      },
    }, { api, structuredOutput });
    const labelAgent = (first: string, second: string) =>
      defineAgent({
        name: "label",
        model: "m",
        system: "Label the sentiment.",
        prompt: "Review: {text}",
        output: z.object({ sentiment: z.enum([first, second]) }),
        provider: pair.provider,
        maxTokens: 100,
        retries: 0,
      });
    const Label = labelAgent("positive", "negative");
    const Reversed = labelAgent("negative", "positive");
    assertEquals((await Label.call({ text: "I love it" })).content.sentiment, "positive");
    assertEquals(
      (await Reversed.call({ text: "Broken" }, { onDelta() {} })).content.sentiment,
      "negative",
    );
    const refused = await errorOf(Label.with({ seed: 1 }).call({ text: "x" }));
    assertEquals([refused.code, refused.attempts.length, refused.retryable], [
      "invalid_params",
      1,
      false,
    ]);
  }
  assertEquals(bodies.length, 6);
  assert(bodies.every((r) => r.api === "responses" && r.body.store === false));
});

Deno.test("responses: includes the API in the provider's id", async () => {
  const baseURL = "http://127.0.0.1:1/v1";
  await using chat = openai({ baseURL, api: "chat" });
  await using plain = openai({ baseURL });
  await using responses = openai({ baseURL, api });
  assertEquals(chat.id, plain.id);
  assert(chat.id !== responses.id);
});
