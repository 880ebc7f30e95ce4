import { defineAgent, defineParallel, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
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
} from "./helpers.ts";

Deno.test("sends the events of agent.stream, then the result", async () => {
  const response = await routes([echo().agent]).request(
    "/echo/stream",
    requestInit({ text: "a b" }),
  );
  assertEquals(response.status, 200);
  assertEquals(response.headers.get("content-type"), "text/event-stream; charset=utf-8");
  const events = await collect(readEvents(response.body!));
  assertEquals(events.map(({ event }) => event), ["delta", "delta", "result"]);
  assertEquals(events.map(({ data }) => data.type), ["delta", "delta", "result"]);
  assertEquals([events[0]!.data.text, events[2]!.data.result.content], ["a", "a b"]);
});

Deno.test("a workflow streams its result and the events that its agents emit", async () => {
  const Speaking = defineAgent({
    name: "speaking",
    run: async (_: unknown, ctx) => {
      await ctx.emit({ step: 1 });
      return "done";
    },
  });
  const both = defineParallel({ name: "both", branches: { Speaking, echo: echo().agent } });
  const response = await routes([both]).request("/both/stream", requestInit({ text: "x" }));
  const events = await collect(readEvents(response.body!));
  assertEquals(events.map(({ event }) => event), ["emit", "result"]);
  assertEquals(events[0]!.data, { type: "emit", agent: "speaking", data: { step: 1 } });
  assertEquals(events[1]!.data.result.content, { Speaking: "done", echo: "x" });
});

Deno.test("a call that fails at once gets a status; failures reveal no internals", async () => {
  const secret = new ProviderError("the key sk-1 is wrong", { code: "provider", retryable: true });
  const flaky = defineAgent({
    name: "flaky",
    model: "m",
    prompt: "{text}",
    provider: scripted([secret, "fine"]),
    retries: { max: 1, base: 1 },
  });
  const broken = flaky.with({ name: "broken", provider: scripted(secret), retries: 0 });
  const app = routes([flaky, broken]);
  const failed = await request(app, "/broken/stream", { text: "x" });
  assertEquals([failed.status, failed.json.code], [502, "provider"]);
  const retried = await request(app, "/flaky/stream", { text: "x" });
  assertEquals(retried.status, 200);
  assert(retried.text.includes('"type":"retry"') && !retried.text.includes("sk-1"));
  assertEquals((await request(app, "/flaky/stream", {})).status, 422);
  assertEquals((await request(app, "/nobody/stream", {})).status, 404);
});

Deno.test("an error in the middle is the last event", async () => {
  const response = await routes([failingMidStream()]).request(
    "/failing/stream",
    requestInit({ text: "x" }),
  );
  const events = await collect(readEvents(response.body!));
  assertEquals(events.map(({ event }) => event), ["delta", "error"]);
  assertEquals([events[1]!.data.type, events[1]!.data.code], ["error", "network"]);
  assert(!JSON.stringify(events).includes("sk-1"));
});

Deno.test("sends the headers before a slow model answers, and heartbeats meanwhile", async () => {
  const slow = echo("slow", 1_600);
  await using served = serve(routes([slow.agent], { heartbeat: 100 }));
  const began = performance.now();
  const response = await fetch(`${served.url}/slow/stream`, requestInit({ text: "x" }));
  assert(performance.now() - began < 1_500);
  const text = await response.text();
  const [beats, rest] = [text.split(": heartbeat\n\n").length - 1, text.split("event: ")];
  assert(beats >= 2, `${beats} heartbeats`);
  assert(rest.at(-1)!.startsWith("result"));
});

Deno.test("limits the duration of a request", async () => {
  const app = routes([hanging().agent], { limits: { deadline: 30 } });
  const call = await request(app, "/hanging", { text: "x" });
  assertEquals([call.status, call.json.code], [504, "timeout"]);
  const streamed = await request(app, "/hanging/stream", { text: "x" });
  assertEquals([streamed.status, streamed.json.code], [504, "timeout"]);
});

Deno.test("many clients at once receive every delta in order", async () => {
  const agent = streaming("streaming", 50);
  await using served = serve(routes([agent]));
  const clients = Array.from({ length: 200 }, async () => {
    const response = await fetch(`${served.url}/streaming/stream`, requestInit({ text: "x" }));
    const events = await collect(readEvents(response.body!));
    return events.filter(({ event }) => event === "delta").length +
      (events.at(-1)!.event === "result" ? 0 : 1_000);
  });
  assertEquals(new Set(await Promise.all(clients)), new Set([50]));
});
