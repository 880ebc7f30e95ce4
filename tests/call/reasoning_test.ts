/** Tests of the model's reasoning: events of streams, and the option `reasoning`. */
import { defineAgent, defineTool, type ModelChunk, type StreamEvent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import { busy, handmade, never, reply } from "../helpers.ts";

const base = { name: "a", model: "m", prompt: "{x}" };
const thinking = { text: "It is 4.", reasoning: "Two and two." };

/** Returns the texts of a stream, those of reasoning in angle brackets. */
async function texts(events: AsyncIterable<StreamEvent>): Promise<string> {
  let all = "";
  for await (const event of events) {
    if (event.type === "delta") all += event.text;
    else all += event.type === "reasoning" ? `<${event.text}>` : `(${event.type})`;
  }
  return all;
}

Deno.test("reasoning: a stream emits it as events of its own", async () => {
  const A = defineAgent({ ...base, provider: scripted(thinking) });
  const stream = A.stream({ x: 1 });
  assertEquals(await texts(stream), "<Two>< and>< two.>It is 4.(result)");
  assertEquals((await stream.result).reasoning, undefined);
});

Deno.test("reasoning: the result has it if the option is set", async () => {
  const provider = scripted(thinking);
  const A = defineAgent({ ...base, provider });
  assert(!("reasoning" in await A.call({ x: 1 })));
  assertEquals((await A.call({ x: 1 }, { reasoning: true })).reasoning, "Two and two.");
  const B = A.with({ reasoning: true });
  assertEquals((await B.call({ x: 1 })).reasoning, "Two and two.");
  assert(!("reasoning" in await B.call({ x: 1 }, { reasoning: false })));
  assertEquals((await B.stream({ x: 1 }).result).reasoning, "Two and two.");
  assertEquals((await B.with({ provider: scripted("x") }).call({ x: 1 })).reasoning, undefined);
});

Deno.test("reasoning: keeps the deltas of a stream whose reply has none", async () => {
  const chunks: ModelChunk[] = [
    { type: "reasoning", text: "a" },
    { type: "reasoning", text: "" },
    { type: "progress" },
    { type: "reasoning", text: "b" },
    { type: "delta", text: "x" },
    { type: "reply", reply: reply("x") },
  ];
  const provider = handmade({ stream: () => ReadableStream.from(chunks).values() });
  const A = defineAgent({ ...base, reasoning: true, provider });
  const stream = A.stream({ x: 1 });
  assertEquals(await texts(stream), "<a><b>x(result)");
  assertEquals((await stream.result).reasoning, "ab");
  assertEquals((await A.call({ x: 1 }, { onDelta() {} })).reasoning, "ab");
});

Deno.test("reasoning: with tools, the result has that of all answers", async () => {
  const look = defineTool({ name: "look", input: { type: "object" }, run: () => "found" });
  const provider = scripted([
    { text: "", reasoning: "I must look.", toolCalls: [{ id: "1", name: "look", args: "{}" }] },
    thinking,
  ]);
  const A = defineAgent({ ...base, tools: [look], reasoning: true, provider });
  assertEquals((await A.call({ x: 1 })).reasoning, "I must look.\n\nTwo and two.");
});

Deno.test("reasoning: an attempt that emitted only reasoning is retried", async () => {
  let calls = 0;
  const provider = handmade({
    async *stream(): AsyncGenerator<ModelChunk> {
      await Promise.resolve();
      calls++;
      yield { type: "reasoning", text: `thought ${calls}` };
      if (calls === 1) throw busy();
      yield { type: "delta", text: "x" };
      yield { type: "reply", reply: reply("x") };
    },
  });
  const stream = defineAgent({ ...base, reasoning: true, provider }).stream({ x: 1 });
  assertEquals(await texts(stream), "<thought 1>(retry)<thought 2>x(result)");
  assertEquals((await stream.result).reasoning, "thought 2");
});

Deno.test("reasoning: of two hedged requests only one emits it", async () => {
  let calls = 0;
  const provider = handmade({
    async *stream(_request, { signal }): AsyncGenerator<ModelChunk> {
      const n = ++calls;
      const aborted = new Promise<never>((_, reject) =>
        signal.addEventListener("abort", () => reject(signal.reason), { once: true })
      );
      if (n === 1) await Promise.race([never(), aborted]);
      yield { type: "reasoning", text: `thought of ${n}` };
      yield { type: "delta", text: "x" };
      yield { type: "reply", reply: reply("x") };
    },
  });
  const A = defineAgent({ ...base, hedge: { after: 1 }, provider });
  assertEquals(await texts(A.stream({ x: 1 })), "<thought of 2>x(result)");
});

Deno.test("reasoning: a cached answer emits it again", async () => {
  const provider = scripted(thinking);
  const A = defineAgent({ ...base, reasoning: true, cache: { ttl: 60_000 }, provider });
  await A.call({ x: "cached reasoning" });
  const stream = A.stream({ x: "cached reasoning" });
  assertEquals(await texts(stream), "<Two and two.>It is 4.(result)");
  assertEquals([(await stream.result).reasoning, provider.calls], ["Two and two.", 1]);
});

Deno.test("reasoning: the HTTP stream sends it only if the agent has the option", async () => {
  for (const reasoning of [undefined, false, true]) {
    const A = defineAgent({ ...base, reasoning, provider: scripted(thinking) });
    const app = agentRoutes({ agents: [A], auth: { tokens: ["s".repeat(32)] } });
    const request = (path: string) =>
      app.request(path, {
        method: "POST",
        headers: { authorization: `Bearer ${"s".repeat(32)}`, "content-type": "application/json" },
        body: '{"x":"1"}',
      });
    const events = await (await request("/a/stream")).text();
    assertEquals(events.includes("event: reasoning"), reasoning ?? false);
    assertEquals(events.includes("Two and two."), reasoning ?? false);
    const result = await (await request("/a")).json();
    assertEquals(result.reasoning, reasoning ? "Two and two." : undefined);
  }
});
