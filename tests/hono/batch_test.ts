import { defineAgent, ProviderError } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  collect,
  echo,
  hanging,
  readEvents,
  request,
  requestInit,
  routes,
  serve,
  waitUntil,
} from "./helpers.ts";

function calls(n: number, agent = "echo") {
  return Array.from({ length: n }, (_, i) => ({ agent, params: { text: `${i}` } }));
}

Deno.test("a batch returns all results in order, with a summary", async () => {
  const { agent, provider } = echo("echo", () => Math.random() * 5);
  const body = { calls: calls(30), concurrency: 7 };
  const { status, json } = await request(routes([agent]), "/batch", body);
  assertEquals(status, 200);
  assertEquals(json.results.map((r: { index: number }) => r.index), [...Array(30).keys()]);
  assertEquals(
    json.results.map((r: { content: string }) => r.content),
    body.calls.map(({ params }) => params.text),
  );
  assertEquals([json.summary.total, json.summary.ok, json.summary.failed], [30, 30, 0]);
  assertEquals(provider.peakInFlight, 7);
});

Deno.test("failed calls are results without internals", async () => {
  const secret = new ProviderError("the key sk-1", { code: "provider", retryable: false });
  const bad = echo("bad").agent.with({ provider: scripted(secret) });
  const unserializableValue: unknown[] = [];
  unserializableValue.push(unserializableValue);
  const unserializable = defineAgent({ name: "big", run: () => unserializableValue });
  const app = routes([echo().agent, bad, unserializable]);
  const { json, text } = await request(app, "/batch", {
    calls: [
      { agent: "echo", params: { text: "a" }, id: "mine" },
      { agent: "bad", params: { text: "a" } },
      { agent: "echo", params: {} },
      { agent: "big" },
    ],
  });
  assertEquals(json.results.map((r: { ok: boolean }) => r.ok), [true, false, false, false]);
  const codes = json.results.map((r: { error?: { code: string } }) => r.error?.code);
  assertEquals(codes, [undefined, "provider", "invalid_params", "tool"]);
  assertEquals(json.results[0].id, "mine");
  assertEquals(json.results[1].id, `${json.id}-1`);
  assert(!text.includes("sk-1"));
});

Deno.test("streams each result as it completes, as events and as lines", async () => {
  const { agent } = echo("echo", 1);
  const app = routes([agent]);
  for (const accept of ["text/event-stream", "application/x-ndjson"]) {
    const response = await app.request("/batch", requestInit({ calls: calls(20) }, { accept }));
    assert(response.headers.get("content-type")!.startsWith(accept));
    const items = accept === "text/event-stream"
      ? (await collect(readEvents(response.body!))).map(({ data }) => data)
      : (await response.text()).trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(items.map(({ seq }) => seq), [...Array(22).keys()].map((i) => i + 1));
    const results = items.filter(({ type }) => type === "result");
    assertEquals(results.map(({ index }) => index).toSorted((a, b) => a - b), [
      ...Array(20).keys(),
    ]);
    for (const { index, content } of results) assertEquals(content, `${index}`);
    assertEquals(new Set(results.map(({ id }) => id)).size, 20);
    assertEquals([items[0].type, items.at(-1).type], ["batch", "summary"]);
    assertEquals(items.at(-1).ok, 20);
  }
});

Deno.test("an empty batch is valid", async () => {
  const { json } = await request(routes([echo().agent]), "/batch", { calls: [] });
  assertEquals([json.results, json.summary.total], [[], 0]);
});

Deno.test("rejects an invalid batch with the paths of its issues, and a large one", async () => {
  const { agent, provider } = echo();
  const app = routes([agent], { limits: { maxBatch: 100 } });
  const wrong: [body: unknown, path: unknown[]][] = [
    [{}, ["calls"]],
    [[], []],
    [null, []],
    [{ calls: {} }, ["calls"]],
    [{ calls: [1] }, ["calls", 0]],
    [{ calls: [{ agent: "nobody" }] }, ["calls", 0, "agent"]],
    [{ calls: [{ agent: "__proto__" }] }, ["calls", 0, "agent"]],
    [{ calls: [{ agent: "echo", id: 7 }] }, ["calls", 0, "id"]],
    [{ calls: [{ agent: "echo", parms: {} }] }, ["calls", 0, "parms"]],
    [{ calls: [], concurrency: 0 }, ["concurrency"]],
    [{ calls: [], concurrency: "7" }, ["concurrency"]],
    [{ calls: [], retries: 7 }, ["retries"]],
  ];
  for (const [body, path] of wrong) {
    const { status, json } = await request(app, "/batch", body);
    assertEquals([status, json.code, json.issues[0].path], [422, "invalid_request", path]);
  }
  const { status, json } = await request(app, "/batch", { calls: calls(10_000) });
  assertEquals([status, json.code], [413, "batch_too_large"]);
  assertEquals(provider.calls, 0);
});

Deno.test("all batches together keep to the concurrency of the routes", async () => {
  const { agent, provider } = echo("echo", 2);
  const app = routes([agent], { limits: { concurrency: 4 } });
  const both = [1, 2].map(() => request(app, "/batch", { calls: calls(20), concurrency: 1_000 }));
  for (const { json } of await Promise.all(both)) assertEquals(json.summary.ok, 20);
  // Batches do not get the reserved share.
  assertEquals(provider.peakInFlight, 3);
});

Deno.test("reserves concurrency for single calls next to a large batch", async () => {
  const slow = echo("slow", 3_000);
  const { agent } = echo();
  const app = routes([slow.agent, agent], { limits: { concurrency: 10, reserve: 0.1 } });
  await using served = serve(app);
  const leaving = new AbortController();
  const batch = fetch(`${served.url}/batch`, {
    ...requestInit({ calls: calls(100, "slow"), concurrency: 100 }),
    signal: leaving.signal,
  }).catch(() => {});
  await waitUntil(() => slow.provider.inFlight === 9, "the batch has all its permits");
  const began = performance.now();
  const one = await (await fetch(`${served.url}/echo`, requestInit({ text: "x" }))).json();
  assertEquals([one.ok, performance.now() - began < 2_000], [true, true]);
  assertEquals(slow.provider.peakInFlight, 9);
  leaving.abort();
  await batch;
  // Deno's server does not detect disconnects once it is shutting down.
  await waitUntil(() => slow.provider.inFlight === 0, "the batch is aborted");
});

Deno.test("returns the results so far at the deadline", async () => {
  const { agent } = echo();
  const app = routes([agent, hanging().agent], { limits: { deadline: 50 } });
  const body = { calls: [...calls(3), ...calls(2, "hanging"), ...calls(1, "hanging")] };
  const { status, json } = await request(app, "/batch", { ...body, concurrency: 2 });
  assertEquals([status, json.summary.ok], [200, 3]);
  assertEquals(json.summary.byError, { timeout: 3 });
});

Deno.test("every call of a batch has exactly one result, whatever fails", async () => {
  const provider = scripted((request) => {
    const text = String(request.messages.at(-1)!.content);
    if (text === "fail") throw new Error("no");
    return text;
  });
  const agent = defineAgent({ name: "echo", model: "m", prompt: "{text}", provider, retries: 0 });
  const app = routes([agent]);
  const text = fc.oneof(fc.constant("fail"), fc.string());
  await fc.assert(
    fc.asyncProperty(
      fc.array(text, { maxLength: 40 }),
      fc.integer({ min: 1, max: 50 }),
      fc.constantFrom("application/json", "text/event-stream"),
      async (texts, concurrency, accept) => {
        const body = {
          calls: texts.map((text) => ({ agent: "echo", params: { text } })),
          concurrency,
        };
        const response = await app.request("/batch", requestInit(body, { accept }));
        const results = accept === "application/json"
          ? (await response.json()).results
          : (await collect(readEvents(response.body!))).map(({ data }) => data).filter(({ type }) =>
            type === "result"
          );
        const byIndex = new Map(results.map((r: { index: number }) => [r.index, r]));
        assertEquals([results.length, byIndex.size], [texts.length, texts.length]);
        for (const [i, text] of texts.entries()) {
          const { ok, content } = byIndex.get(i) as { ok: boolean; content: unknown };
          assertEquals([ok, content], text === "fail" ? [false, null] : [true, text]);
        }
      },
    ),
    { numRuns: 60 },
  );
});
