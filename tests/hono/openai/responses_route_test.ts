/** Tests the Responses API through the official client. */
import { defineAgent, defineTool } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects } from "@std/assert";
import OpenAI from "openai";
import { zodTextFormat } from "openai/helpers/zod";
import { z } from "zod";
import {
  collect,
  echo,
  failingMidStream,
  hanging,
  readEvents,
  request,
  requestInit,
  routes,
  serve,
  streaming,
  TOKEN,
  waitUntil,
} from "../helpers.ts";

const PATH = "/v1/responses";
const Label = z.object({ label: z.enum(["positive", "negative"]) });

function agents() {
  const typed = defineAgent({
    name: "typed",
    model: "m",
    prompt: "{text}",
    output: Label,
    provider: scripted('{"label":"positive"}'),
  });
  const sum = defineAgent({ name: "sum", run: ({ input }: { input: string }) => ({ got: input }) });
  return [echo().agent, typed, streaming("streaming", 3), sum];
}

function client(url: string) {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: TOKEN, maxRetries: 0 });
}

Deno.test("create: the input is the agent's parameter, the response repeats the settings", async () => {
  await using served = serve(routes(agents()));
  const openai = client(served.url);
  const before = Math.floor(Date.now() / 1000);
  const { data: response, response: { headers } } = await openai.responses.create({
    model: "echo",
    input: "hello",
    temperature: 0.5,
    metadata: { a: "b" },
  }).withResponse();
  assertEquals(response.output_text, "hello");
  const { id, created_at, completed_at, output, usage, ...others } = response;
  assert(/^resp_[0-9a-f]{32}$/.test(id));
  assert(created_at >= before && completed_at! >= created_at);
  assertEquals(output.map(({ type }) => type), ["message"]);
  assertEquals(usage!.total_tokens, usage!.input_tokens + usage!.output_tokens);
  const { status, store, error, incomplete_details, model, object, metadata } = others as
    & typeof others
    & { store: boolean };
  assertEquals(
    { status, store, error, incomplete_details, model, object, metadata },
    {
      status: "completed",
      store: false,
      error: null,
      incomplete_details: null,
      model: "echo",
      object: "response",
      metadata: { a: "b" },
    },
  );
  assertEquals([others.temperature, others.top_p, others.tools], [0.5, null, []]);
  assert(/^\d+$/.test(headers.get("openai-processing-ms")!));
  assert(headers.get("x-request-id")!.length > 0);
});

Deno.test("stream: sends all events in the order of OpenAI's server", async () => {
  const app = routes(agents());
  const body = { model: "streaming", input: "x", stream: true };
  const response = await app.request(PATH, requestInit(body));
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const events = await collect(readEvents(response.body!));
  const delta = "response.output_text.delta";
  assertEquals(events.map(({ event }) => event), [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    delta,
    delta,
    delta,
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
  ]);
  assertEquals(events.map(({ event, data }) => event === data.type), events.map(() => true));
  assertEquals(events.map(({ data }) => data.sequence_number), events.map((_, i) => i));
  const [created, progress, added, begun, ...rest] = events.map(({ data }) => data);
  assertEquals([created.response.status, progress.response.status], ["in_progress", "in_progress"]);
  assertEquals([created.response.output, created.response.usage], [[], null]);
  assertEquals([added.item.status, added.item.content, added.output_index], [
    "in_progress",
    [],
    0,
  ]);
  const { id } = added.item;
  assert(/^msg_[0-9a-f]{32}$/.test(id));
  const part = { type: "output_text", annotations: [], logprobs: [], text: "" };
  assertEquals([begun.item_id, begun.content_index, begun.part], [id, 0, part]);
  const [first, , , done, ended, item, completed] = rest;
  assertEquals([first.delta, first.item_id, first.logprobs], ["x ", id, []]);
  assertEquals([done.text, ended.part], ["x x x ", { ...part, text: "x x x " }]);
  assertEquals([item.item.status, item.item.content], ["completed", [ended.part]]);
  assertEquals(completed.response.output, [item.item]);
  assertEquals([completed.response.id, completed.response.status], [
    created.response.id,
    "completed",
  ]);
});

Deno.test("stream: the client's helper assembles the response", async () => {
  await using served = serve(routes(agents()));
  const openai = client(served.url);
  for (const [model, text] of [["streaming", "x x x "], ["typed", '{"label":"positive"}']]) {
    const final = await openai.responses.stream({ model: model!, input: "x" }).finalResponse();
    assertEquals(final.output_text, text);
  }
  const composed = await openai.responses.stream({ model: "sum", input: "7" }).finalResponse();
  assertEquals(composed.output_text, '{"got":"7"}');
});

Deno.test("parse: the answer of an agent with an output schema matches the client's", async () => {
  await using served = serve(routes(agents()));
  const { output_parsed: parsed } = await client(served.url).responses.parse({
    model: "typed",
    input: [{ role: "user", content: "I love it" }],
    text: { format: zodTextFormat(Label, "label") },
  });
  assertEquals(parsed, { label: "positive" });
});

Deno.test("accepts settings for agents that call others", async () => {
  const app = routes(agents());
  for (const path of [PATH, "/v1/chat/completions"]) {
    const messages = [{ role: "user", content: "x" }];
    const { status } = await request(app, path, {
      model: "sum",
      temperature: 1,
      ...(path === PATH ? { input: messages } : { messages }),
    });
    assertEquals(status, 200, path);
  }
});

Deno.test("an empty answer has an empty part", async () => {
  const agent = defineAgent({ name: "a", model: "m", prompt: "{t}", provider: scripted("") });
  const app = routes([agent]);
  const { json } = await request(app, PATH, { model: "a", input: "x" });
  assertEquals(json.output[0].content.map(({ text }: { text: string }) => text), [""]);
  const { text } = await request(app, PATH, { model: "a", input: "x", stream: true });
  assert(!text.includes("output_text.delta"));
  assert(text.includes("event: response.content_part.done"));
});

Deno.test("separates the text before a tool call from the answer", async () => {
  const look = defineTool({
    name: "look",
    description: "Looks.",
    input: z.object({}),
    run: () => "5",
  });
  const agent = defineAgent({
    name: "tools",
    model: "m",
    prompt: "{t}",
    tools: [look],
    provider: scripted([
      {
        text: "Let me look.",
        finishReason: "tool_calls",
        toolCalls: [{ id: "1", name: "look", args: "{}" }],
      },
      "It is 5.",
    ]),
  });
  await using served = serve(routes([agent]));
  const final = await client(served.url).responses.stream({ model: "tools", input: "x" })
    .finalResponse();
  assertEquals(final.output_text, "Let me look.\n\nIt is 5.");
});

Deno.test("an error in the middle ends the stream with error and response.failed", async () => {
  const app = routes([failingMidStream()]);
  const body = { model: "failing", input: "x", stream: true };
  const response = await app.request(PATH, requestInit(body));
  const events = await collect(readEvents(response.body!));
  const [error, failed] = events.slice(-2);
  assertEquals([error!.event, failed!.event], ["error", "response.failed"]);
  assertEquals([error!.data.code, error!.data.param], ["network", null]);
  assertEquals(failed!.data.response.status, "failed");
  assertEquals(failed!.data.response.error.code, "server_error");
  assertEquals(events.map(({ data }) => data.sequence_number), events.map((_, i) => i));
  assert(!JSON.stringify(events).includes("sk-1"));
  await using served = serve(app);
  const stream = await client(served.url).responses.create({ ...body, stream: true });
  await assertRejects(
    async () => {
      for await (const _ of stream);
    },
    OpenAI.APIError,
    "could not be reached",
  );
});

Deno.test("before the first event, the response begins with a heartbeat at the latest", async () => {
  const stuck = hanging();
  const app = routes([stuck.agent], { heartbeat: 50, limits: { deadline: 200 } });
  const body = { model: "hanging", input: "x", stream: true };
  const response = await app.request(PATH, requestInit(body));
  const text = await response.text();
  assertEquals(response.status, 200);
  const events = [...text.matchAll(/^event: (.*)$/gm)].map(([, event]) => event);
  assertEquals(events, ["response.created", "response.in_progress", "error", "response.failed"]);
  assert(text.includes(": heartbeat\n\n"));
});

Deno.test("applies the counts, quotas and authentication of a chat completion", async () => {
  const app = routes(agents(), { limits: { principal: { requestsPerMinute: 2 } } });
  assertEquals((await app.request(PATH, { method: "POST" })).status, 401);
  for (const stream of [false, true]) {
    assertEquals((await request(app, PATH, { model: "echo", input: "x", stream })).status, 200);
  }
  const limited = await request(app, PATH, { model: "echo", input: "x" });
  assertEquals([limited.status, limited.json.error.code], [429, "too_many_requests"]);
  const { text } = await request(app, "/metrics");
  assert(text.includes('shoal_calls_total{agent="echo"} 2\n'), text);
  assert(text.includes("\nshoal_runs_in_flight 0\n"));
});

Deno.test("a client that disconnects aborts the call", async () => {
  const stuck = hanging();
  await using served = serve(routes([stuck.agent], { heartbeat: 100 }));
  for (const stream of [false, true]) {
    const before = stuck.aborted.length;
    const leaving = new AbortController();
    const failed = assertRejects(async () => {
      const response = await fetch(`${served.url}${PATH}`, {
        ...requestInit({ model: "hanging", input: "x", stream }),
        signal: leaving.signal,
      });
      await response.text();
    });
    await waitUntil(() => stuck.calls === before + 1, "the call begins");
    leaving.abort();
    await failed;
    await waitUntil(() => stuck.aborted.length === before + 1, "the call is aborted");
  }
});
