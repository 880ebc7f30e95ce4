/** Reasoning and tool calls are signs of life before the first delta. */
import { defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { assertEquals } from "@std/assert";
import { chunk, DONE, respondWith, serve, streamOf } from "./helpers.ts";

const delta = (delta: unknown, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const call = (more: object) => delta({ tool_calls: [{ index: 0, ...more }] });

Deno.test("life signs: reports reasoning and tool calls, but neither comments nor empty deltas", async () => {
  await using pair = streamOf(
    ": comment\n\n",
    "data:\n\n",
    delta({ role: "assistant", content: "" }),
    delta({ reasoning_content: "" }),
    delta({ reasoning_content: null }),
    delta({ reasoning_content: "a" }),
    delta({ reasoning: "b" }),
    delta({ reasoning_details: [{ type: "reasoning.encrypted", data: "xyz" }] }),
    delta({ reasoning_details: [] }),
    delta({ content: [{ type: "thinking", thinking: "c" }] }),
    { choices: [] },
    chunk("text"),
    call({ id: "1", function: { name: "f", arguments: "" } }),
    call({ function: { arguments: "" } }),
    call({ function: { arguments: "{}" } }),
    delta({ tool_calls: [] }),
    delta({ refusal: null }),
    delta({ refusal: "" }),
    delta({ refusal: "No" }),
    delta({}, "tool_calls"),
    DONE,
  );
  const { signs, reply } = await pair.stream();
  assertEquals(signs, ["(a)", "(b)", "()", "(c)", "text", "…", "…", "…"]);
  assertEquals([reply.reasoning, reply.text], ["abc", "text"]);
});

Deno.test("life signs: reports the same of the Responses API", async () => {
  const events = [
    { type: "response.created", response: {} },
    { type: "response.in_progress", response: {} },
    { type: "response.output_item.added", output_index: 0, item: { type: "reasoning" } },
    { type: "response.reasoning_summary_text.delta", delta: "a" },
    { type: "response.reasoning_text.delta", delta: "b" },
    { type: "response.reasoning_text.delta", delta: "" },
    { type: "response.reasoning_summary_text.done", text: "ab" },
    {
      type: "response.output_item.added",
      output_index: 1,
      item: { type: "function_call", call_id: "1", name: "f", arguments: "" },
    },
    { type: "response.function_call_arguments.delta", output_index: 1, delta: "" },
    { type: "response.function_call_arguments.delta", output_index: 1, delta: "{}" },
    { type: "response.web_search_call.searching", output_index: 2 },
    { type: "keepalive" },
    { type: "response.completed", response: { output: [] } },
  ];
  const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
  await using pair = respondWith(body, { headers: { "content-type": "text/event-stream" } }, {
    api: "responses",
  });
  const { signs, reply } = await pair.stream();
  assertEquals(signs, ["()", "(a)", "(b)", "…", "…", "…"]);
  assertEquals([reply.reasoning, reply.toolCalls?.length], ["ab", 1]);
});

Deno.test("life signs: keep a stream of reasoning and arguments alive", async () => {
  const thoughts = Array.from({ length: 12 }, () => delta({ reasoning_content: "hm " }));
  const pieces = Array.from({ length: 12 }, () => call({ function: { arguments: " " } }));
  const events = [
    ...thoughts,
    call({ id: "1", function: { name: "f", arguments: "{" } }),
    ...pieces,
    call({ function: { arguments: "}" } }),
    delta({}, "tool_calls"),
  ];
  let pauses = 0;
  await using server = serve(() => {
    const source = (async function* () {
      for (const event of events) {
        yield new TextEncoder().encode(`data: ${JSON.stringify(event)}\n\n`);
        pauses++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })();
    return new Response(ReadableStream.from(source), {
      headers: { "content-type": "text/event-stream" },
    });
  });
  await using provider = openai({ baseURL: server.url });
  const agent = defineAgent({ name: "a", model: "m", prompt: "x", provider, retries: 0 });
  // Twice as long in total, and without any text.
  const result = await agent.call({}, {
    onDelta() {},
    timeout: { firstToken: 300, idle: 300 },
  });
  assertEquals([result.finishReason, pauses], ["tool_calls", events.length]);
});
