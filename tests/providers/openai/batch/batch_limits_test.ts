/** Tests of the limits of batch files: their size, and batches that the server rejects. */
import { batch, defineAgent, type Provider } from "@shoal/agents";
import { simulator } from "@shoal/agents/testing";
import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  type BatchChange,
  type BatchFileStore,
  openaiBatch,
} from "../../../../src/providers/openai/batch/openai_batch.ts";
import { serve } from "../../../serve.ts";

const asking = (provider: Provider) =>
  defineAgent({ name: "ask", model: "m", prompt: "{text}", provider, retries: 0, timeout: 20_000 });
const QUICK = { fill: 20, poll: 20, apiKey: "k" };
const rowsOf = (n: number, text: string, provider: Provider) => {
  const A = asking(provider);
  return Array.from({ length: n }, (_, i) => [A, { text: `${i} ${text}` }] as const);
};

/** A store that outlives its provider. */
function memory(): BatchFileStore {
  const texts = new Map<string, string>();
  return {
    load: () => Promise.resolve([...texts.values()]),
    save: (name, text) => Promise.resolve(void texts.set(name, text)),
  };
}

/** Passes requests on to a simulator, and records the sizes of the files that are uploaded. */
function recordingProxy(target: string) {
  const sizes: number[] = [];
  const server = serve(async (request) => {
    const { pathname } = new URL(request.url);
    const { method, headers } = request;
    const body = method === "POST" ? new Uint8Array(await request.arrayBuffer()) : undefined;
    if (pathname === "/v1/files" && method === "POST") {
      const form = await new Response(body, {
        headers: { "content-type": headers.get("content-type")! },
      })
        .formData();
      sizes.push((form.get("file") as File).size);
    }
    const response = await fetch(new URL(pathname, target), {
      method,
      headers: { "content-type": headers.get("content-type") ?? "application/json" },
      body,
    });
    return new Response(await response.bytes(), {
      status: response.status,
      headers: { "content-type": response.headers.get("content-type") ?? "application/json" },
    });
  });
  return {
    sizes,
    url: `${server.url}/v1`,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

Deno.test("batch files: no file is larger than the limit in bytes, whatever the letters", async () => {
  for (const letter of ["a", "я", "日", "😀"]) {
    await using sim = simulator();
    await using proxy = recordingProxy(sim.url);
    const maxBytes = 10_000;
    await using provider = openaiBatch({ ...QUICK, baseURL: proxy.url, maxBytes });
    const results = await batch(rowsOf(40, letter.repeat(400), provider), { concurrency: 40 });
    assertEquals(results.filter(({ ok }) => !ok), [], letter);
    assert(proxy.sizes.every((size) => size <= maxBytes), `${letter}: ${proxy.sizes}`);
    // They are filled well.
    const total = proxy.sizes.reduce((sum, size) => sum + size, 0);
    assert(proxy.sizes.length <= Math.ceil(total / (0.8 * maxBytes)), `${letter}: ${proxy.sizes}`);
  }
});

Deno.test("batch files: a request that no file can hold fails alone", async () => {
  await using sim = simulator();
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, maxBytes: 1_000 });
  const A = asking(provider);
  const [large, small] = await batch([[A, { text: "я".repeat(600) }], [A, { text: "x" }]]);
  assertEquals([large.error?.code, small.ok], ["invalid_params", true]);
  assert(large.error!.message.includes("a batch file may have 1000"), large.error!.message);
});

Deno.test("batch files: a batch beyond the limit on tokens is created again until it fits", async () => {
  await using sim = simulator({ batchLatency: 60, batchTokens: 1_000 });
  const changes: BatchChange[] = [];
  await using provider = openaiBatch({
    ...QUICK,
    baseURL: sim.url,
    size: 10,
    onChange: (change) => void changes.push(change),
  });
  const results = await batch(rowsOf(40, "x".repeat(200), provider), { concurrency: 40 });
  assertEquals(results.filter(({ ok }) => !ok), []);
  assertEquals(sim.stats.batchRequests, 40, "each request is answered once");
  const refused = changes.filter(({ againInMs }) => againInMs !== undefined);
  assert(refused.length > 0 && refused.every(({ status }) => status === "token_limit_exceeded"));
});

Deno.test("batch files: a file that is larger than the whole limit is sent in parts", async () => {
  await using sim = simulator({ batchTokens: 1_000 });
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url });
  const results = await batch(rowsOf(40, "x".repeat(200), provider), { concurrency: 40 });
  assertEquals(results.filter(({ ok }) => !ok), []);
  assertEquals(new Set(results.map(({ content }) => content)).size, 40);
  assertEquals(sim.stats.batchRequests, 40);
});

Deno.test("batch files: requests of a finally rejected batch fail, and the next process sends them again", async () => {
  await using sim = simulator({ batchRejections: ["billing_hard_limit_reached"] });
  const store = memory();
  for (const [ok, message] of [[false, /billing_hard_limit_reached/], [true, undefined]] as const) {
    await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
    const { ok: isOk, error } = await asking(provider).settle({ text: "x" });
    assertEquals([isOk, message?.test(error?.message ?? "")], [ok, message && true]);
  }
  assertEquals(sim.stats.batchRequests, 1);
  // Requests with a response are not sent again.
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
  assertEquals((await asking(provider).settle({ text: "x" })).ok, true);
  assertEquals(sim.stats.batchRequests, 1);
});

Deno.test("batch files: a rejected batch of an earlier process is created again", async () => {
  await using sim = simulator({ batchRejections: ["token_limit_exceeded"] });
  const store = memory();
  {
    await using provider = openaiBatch({ ...QUICK, poll: 5_000, baseURL: sim.url, store });
    const waiting = asking(provider).settle({ text: "x" }, { timeout: 500 });
    assertEquals((await waiting).error?.code, "timeout");
  }
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
  assertEquals((await asking(provider).settle({ text: "x" })).ok, true);
  assertEquals(sim.stats.batchRequests, 1);
});

Deno.test("batch files: a failed batch that an earlier version has stored is not checked for ever", async () => {
  await using sim = simulator({ batchRejections: ["model_not_found"] });
  const store = memory();
  {
    await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
    assertEquals((await asking(provider).settle({ text: "x" })).ok, false);
  }
  // The earlier version kept the ids of all requests.
  const record = JSON.parse((await store.load())[0]!);
  await store.save(record.file, JSON.stringify({ ...record, ids: [await idOf(sim.url)] }));
  await using provider = openaiBatch({ ...QUICK, baseURL: sim.url, store });
  assertEquals((await asking(provider).settle({ text: "x" })).ok, true);
  assertEquals(sim.stats.batchRequests, 1);
});

/** Returns the id of the only request in the first file. */
async function idOf(url: string): Promise<string> {
  const { data } = await (await fetch(`${url}/files`)).json();
  const content = await (await fetch(`${url}/files/${data[0].id}/content`)).text();
  return JSON.parse(content.trim()).custom_id;
}

Deno.test("batch files: check the limits of a file", () => {
  assertThrows(() => openaiBatch({ ...QUICK, size: 50_001 }), RangeError, "from 1 to 50,000");
  assertThrows(() => openaiBatch({ ...QUICK, maxBytes: 0 }), RangeError, "maxBytes must be");
});
