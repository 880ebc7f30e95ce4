/** Tests the API compatible with OpenAI's through the official client. */
import { defineAgent, defineParallel, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import OpenAI, { AuthenticationError, NotFoundError, RateLimitError } from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";
import {
  echo,
  failingMidStream,
  hanging,
  routes,
  serve,
  serveWithNode,
  streaming,
  TOKEN,
  waitUntil,
} from "../helpers.ts";

const Label = z.object({ label: z.enum(["positive", "negative"]) });

function agents() {
  const typed = defineAgent({
    name: "typed",
    model: "m",
    prompt: "{text}",
    output: Label,
    provider: scripted('{"label":"positive"}'),
  });
  return [echo().agent, typed, streaming("streaming", 3)];
}

function client(url: string, apiKey = TOKEN) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 });
}

function user(content: string) {
  return [{ role: "user" as const, content }];
}

Deno.test("create: the last message is the agent's parameter", async () => {
  await using served = serve(routes(agents()));
  const openai = client(served.url);
  const answer = await openai.chat.completions.create({ model: "echo", messages: user("hello") });
  const [choice] = answer.choices;
  assertEquals([choice!.message.content, choice!.finish_reason], ["hello", "stop"]);
  assertEquals([answer.object, answer.model], ["chat.completion", "echo"]);
  assert(answer.usage!.total_tokens > 0);
  assertEquals(answer.usage!.prompt_tokens_details, {
    cached_tokens: 0,
    cache_write_tokens: 0,
  } as never);
  const models = (await openai.models.list()).data.map(({ id }) => id);
  assertEquals(models, ["echo", "typed", "streaming"]);
  assertEquals((await openai.models.retrieve("echo")).id, "echo");
});

Deno.test("stream: sends deltas, the finish reason and the usage", async () => {
  await using served = serve(routes(agents()));
  const stream = await client(served.url).chat.completions.create({
    model: "streaming",
    messages: user("x"),
    stream: true,
    stream_options: { include_usage: true },
  });
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  const deltas = chunks.map(({ choices }) => choices[0]?.delta.content).filter(Boolean);
  assertEquals(deltas, ["x ", "x ", "x "]);
  assertEquals(chunks.at(-2)!.choices[0]!.finish_reason, "stop");
  assertEquals(chunks.at(-1)!.choices, []);
  assert(chunks.at(-1)!.usage !== undefined);
  assertEquals(new Set(chunks.map(({ id }) => id)).size, 1);
});

Deno.test("stream: the client's helper assembles the answer", async () => {
  await using served = serve(routes(agents()));
  const helper = client(served.url).chat.completions.stream({
    model: "streaming",
    messages: user("x"),
  });
  assertEquals(await helper.finalContent(), "x x x ");
});

Deno.test("parse: the answer of an agent with an output schema matches the client's", async () => {
  await using served = serve(routes(agents()));
  const request = {
    model: "typed",
    messages: user("I love it"),
    response_format: zodResponseFormat(Label, "label"),
  };
  const openai = client(served.url);
  const parsed = await openai.chat.completions.parse(request);
  assertEquals(parsed.choices[0]!.message.parsed, { label: "positive" });
  const final = await openai.chat.completions.stream(request).finalChatCompletion();
  assertEquals(final.choices[0]!.message.parsed, { label: "positive" });
  // An agent that answers in text cannot follow a schema.
  const text = { ...request, model: "echo" };
  await assertRejects(() => openai.chat.completions.create(text), OpenAI.BadRequestError, "schema");
});

Deno.test("passes the conversation and the settings on, with all roles", async () => {
  const { agent, provider } = echo();
  const wise = agent.with({ name: "wise", system: "Be wise." });
  await using served = serve(routes([wise], { openai: { overrides: ["system"] } }));
  await client(served.url).chat.completions.create({
    model: "wise",
    temperature: 0.3,
    max_completion_tokens: 50,
    stop: ["END"],
    messages: [
      { role: "developer", content: "Be brief." },
      { role: "user", content: "hi" },
      { role: "assistant", content: "hello" },
      ...user("bye"),
    ],
  });
  const { messages, settings } = provider.requests[0]!;
  assertEquals(messages.map(({ role, content }) => [role, content]), [
    ["system", "Be wise."],
    ["system", "Be brief."],
    ["user", "hi"],
    ["assistant", "hello"],
    ["user", "bye"],
  ]);
  assertEquals(settings, { temperature: 0.3, maxTokens: 50, stop: ["END"] });
});

Deno.test("parts: text becomes the parameter, an image replaces the prompt", async () => {
  const provider = scripted("seen");
  const agent = defineAgent({ name: "eye", model: "m", prompt: "Describe: {what}", provider });
  await using served = serve(routes([agent]));
  const openai = client(served.url);
  const text = [{ type: "text" as const, text: "a cat" }];
  await openai.chat.completions.create({
    model: "eye",
    messages: [{ role: "user", content: text }],
  });
  assertEquals(provider.requests[0]!.messages.at(-1)!.content, "Describe: a cat");
  const url = "https://example.com/cat.png";
  const image = [...text, { type: "image_url" as const, image_url: { url } }];
  await openai.chat.completions.create({
    model: "eye",
    messages: [{ role: "user", content: image }],
  });
  assertEquals(provider.requests[1]!.messages.at(-1)!.content, [
    { type: "text", text: "a cat" },
    { type: "image", url },
  ]);
});

Deno.test("several parameters are JSON, also for workflows and composed agents", async () => {
  const provider = scripted((request) => String(request.messages.at(-1)!.content));
  const two = defineAgent({ name: "two", model: "m", prompt: "{a}+{b}", provider });
  const both = defineParallel({ name: "both", branches: { two, echo: echo().agent } });
  const sum = defineAgent({ name: "sum", run: ({ input }: { input: string }) => `got ${input}` });
  await using served = serve(routes([two, both, sum]));
  const openai = client(served.url);
  const complete = async (model: string, content: string) =>
    (await openai.chat.completions.create({ model, messages: user(content) })).choices[0]!.message
      .content;
  assertEquals(await complete("two", '{"a":"1","b":"2"}'), "1+2");
  assertEquals(await complete("two", "just talk"), "just talk");
  const all = JSON.parse((await complete("both", '{"a":"1","b":"2","text":"x"}'))!);
  assertEquals(all, { two: "1+2", echo: "x" });
  assertEquals(await complete("sum", "seven"), "got seven");
  await assertRejects(
    () => complete("both", "just talk"),
    OpenAI.BadRequestError,
    '"a", "b"',
  );
});

Deno.test("errors are the client's own classes with a helpful message", async () => {
  const busy = new ProviderError("the key sk-1", {
    code: "rate_limited",
    retryable: false,
    retryAfterMs: 7_000,
  });
  const refusing = echo("refusing").agent.with({ provider: scripted(busy) });
  await using served = serve(routes([echo().agent, refusing]));
  const complete = (model: string, more: object = {}, key = TOKEN) =>
    client(served.url, key).chat.completions.create({ model, messages: user("x"), ...more });
  await assertRejects(() => complete("nobody"), NotFoundError, "no agent with that name");
  await assertRejects(() => complete("echo", {}, "wrong"), AuthenticationError, "valid token");
  const limited = await assertRejects(() => complete("refusing"), RateLimitError);
  assertEquals([limited.headers.get("retry-after"), limited.code], ["7", "rate_limited"]);
  assert(!limited.message.includes("sk-1"));
  const streamed = await assertRejects(
    () => complete("refusing", { stream: true }),
    RateLimitError,
  );
  assertEquals(streamed.type, "rate_limit_error");
  const call = { id: "1", type: "function", function: { name: "f", arguments: "{}" } };
  const wrong: [more: object, message: string][] = [
    [{ messages: [] }, "messages: must be a list"],
    [{ messages: [{ role: "robot", content: "x" }, ...user("x")] }, "messages.0.role"],
    [{ messages: [{ role: "tool", content: "x" }, ...user("x")] }, "messages.0.tool_call_id"],
    [
      { messages: [{ role: "user", content: "x", tool_calls: [call] }, ...user("x")] },
      "messages: message 0 may only have toolCalls",
    ],
    [{ temperature: "hot" }, "temperature: must be a number"],
    [{ max_tokens: 0 }, "max_tokens: must be a positive integer"],
    [{ n: 3 }, "n: must be 1, as an agent returns one answer"],
    [{ tools: [{ type: "function", function: { name: "f" } }] }, "tools of its own"],
    [{ stream: "yes" }, "stream: must be"],
  ];
  for (const [more, message] of wrong) {
    const error = await assertRejects(() => complete("echo", more), OpenAI.BadRequestError);
    assertStringIncludes(error.message, message);
  }
});

Deno.test("an error in the middle of a stream reaches the client", async () => {
  await using served = serve(routes([failingMidStream()]));
  const stream = await client(served.url).chat.completions.create({
    model: "failing",
    messages: user("x"),
    stream: true,
  });
  const error = await assertRejects(
    async () => {
      for await (const _ of stream);
    },
    OpenAI.APIError,
    "could not be reached",
  );
  assert(!error.message.includes("sk-1"));
});

Deno.test("abort: aborts the call upstream", async () => {
  const stuck = hanging();
  const { agent, aborted } = stuck;
  const app = routes([agent], { heartbeat: 200 });
  await using served = serve(app);
  // Node's server detects disconnects before the response has begun, Deno's does not.
  const node = await serveWithNode(app.fetch);
  for (const [url, stream] of [[served.url, true], [node.url, false], [node.url, true]] as const) {
    const before = aborted.length;
    const leaving = new AbortController();
    const call = client(url).chat.completions.create(
      { model: "hanging", messages: user("x".repeat(2_000)), stream },
      { signal: leaving.signal },
    );
    const failed = assertRejects(async () => {
      for await (const _ of await call as AsyncIterable<unknown>);
      leaving.signal.throwIfAborted();
    });
    await waitUntil(() => stuck.calls === before + 1, "the call begins");
    leaving.abort();
    await failed;
    await waitUntil(() => aborted.length === before + 1, "the call is aborted");
  }
  await node[Symbol.asyncDispose]();
});
