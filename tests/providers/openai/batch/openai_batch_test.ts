import { batch, defineAgent, type Provider } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import {
  type BatchFileStore,
  openaiBatch,
} from "../../../../src/providers/openai/batch/openai_batch.ts";

/** A store that outlives its provider. */
function memory(): BatchFileStore & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    load: () => Promise.resolve([...texts.values()]),
    save: (name, text) => Promise.resolve(void texts.set(name, text)),
  };
}

const asking = (provider: Provider, model = "m") =>
  defineAgent({ name: "ask", model, prompt: "{text}", provider, retries: 0, timeout: 60_000 });
const QUICK = { fill: 20, poll: 20, apiKey: "k" };

Deno.test("batch files: give each call its own response, with a file per model", async () => {
  let reported = 0;
  await using sim = simulator({ respond: ({ text }) => `${text} ${reported++}` });
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url });
  const A = asking(provider);
  const B = A.with({ model: "other" });
  const results = await batch(
    [[A, { text: "x" }], [A, { text: "x" }], [A, { text: "y" }], [B, { text: "x" }]],
  );
  const texts = results.map(({ content }) => content as string);
  assertEquals(texts.map((text) => text[0]), ["x", "x", "y", "x"]);
  assertEquals(new Set(texts).size, 4);
  assertEquals([sim.stats.batchRequests, results[0]!.usage.totalTokens > 0], [4, true]);
});

Deno.test("batch files: are limited in size", async () => {
  const seen: number[] = [];
  await using sim = simulator();
  await using provider = openaiBatch({
    ...QUICK,
    baseURL: sim.url,
    size: 4,
    onChange: ({ status, requests }) => status === "completed" && seen.push(requests),
  });
  const A = asking(provider);
  const rows = Array.from({ length: 10 }, (_, i) => [A, { text: `${i}` }] as const);
  assertEquals((await batch(rows, { concurrency: 10 })).every(({ ok }) => ok), true);
  assertEquals(seen.toSorted(), [2, 4, 4]);
});

Deno.test("batch files: are found by another process, whenever the first one ended", async () => {
  await using sim = simulator({ batchLatency: 200 });
  const store = memory();
  {
    await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
    const waiting = asking(provider).settle({ text: "x" });
    while (sim.stats.batchRequests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await provider[Symbol.asyncDispose]();
    assertEquals((await waiting).ok, false);
  }
  // As if the process was killed after it had created the batch, and before it stored its id.
  for (const [name, text] of store.texts) {
    const { file, ids } = JSON.parse(text);
    store.texts.set(name, JSON.stringify({ file, ids }));
  }
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
  assertEquals((await asking(provider).settle({ text: "x" })).ok, true);
  assertEquals(sim.stats.batchRequests, 1);
  // Other requests are new.
  assertEquals((await asking(provider).settle({ text: "y" })).ok, true);
  assertEquals(sim.stats.batchRequests, 2);
});

Deno.test("batch files: reject at once on abort, and leave nothing behind", async () => {
  await using sim = simulator({ batchLatency: 60_000 });
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url });
  const controller = new AbortController();
  const call = asking(provider).call({ text: "x" }, { signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  await assertRejects(() => call);
});

Deno.test("batch files: report an invalid key once, without showing it", async () => {
  await using sim = simulator({ apiKey: "another" });
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, apiKey: "sk-very-secret" });
  const { error } = await asking(provider).settle({ text: "x" });
  assertEquals([error?.status, error?.message.includes("very-secret")], [401, false]);
});

Deno.test("batch files: check their options", () => {
  assertThrows(() => openaiBatch({ baseURL: "x" }), TypeError, "baseURL must be");
  assertThrows(() => openaiBatch({ ...QUICK, size: 0 }), RangeError, "size must be");
  assertThrows(() => openaiBatch({ ...QUICK, ...{ pol: 1 } }), TypeError, 'did you mean "poll"');
});
