import type { ModelReply } from "@shoal/agents";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { type Pair, request, respondWith, startPair } from "./helpers.ts";

const api = "responses";
const message = (...content: unknown[]) => ({ type: "message", role: "assistant", content });
const text = (value: string) => ({ type: "output_text", text: value, annotations: [] });
const call = (more = {}) => ({
  type: "function_call",
  id: "fc_1",
  call_id: "a",
  name: "f",
  arguments: "{}",
  ...more,
});
const response = (more = {}) => ({
  object: "response",
  status: "completed",
  error: null,
  output: [message(text("hi"))],
  ...more,
});
const sent = (more = {}) => respondWith(response(more), {}, { api });

/** Returns the same response as the last and only event of a stream. */
function streamed(more: Record<string, unknown> = {}, type?: string): Pair {
  const complete = response(more);
  const event = { type: type ?? `response.${complete.status}`, response: complete };
  return respondWith(`data: ${JSON.stringify(event)}\n\n`, {
    headers: { "content-type": "text/event-stream" },
  }, { api });
}

/** The identities of the two servers differ in the port. */
function elsewhere({ providerData, ...rest }: ModelReply): unknown {
  return { ...rest, ...(providerData as object && { ...providerData as object, server: "" }) };
}

async function both(more: Record<string, unknown>): Promise<ModelReply> {
  await using complete = sent(more);
  await using stream = streamed(more);
  const reply = await complete.generate();
  assertEquals(elsewhere((await stream.stream()).reply), elsewhere(reply));
  return reply;
}

Deno.test("responses reply: joins text in parts and messages, among other items", async () => {
  const output = [
    { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
    message(text("a"), null, text("b"), { type: "output_text" }),
    { type: "web_search_call" },
    null,
    5,
    message(text("c")),
    { type: "message", content: "odd" },
  ];
  const { text: joined, reasoning } = await both({ output });
  assertEquals([joined, reasoning], ["ab\n\nc\n\nodd", "hm"]);
});

Deno.test("responses reply: reads cached and reasoning tokens", async () => {
  const { usage } = await both({
    usage: {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 80 },
      output_tokens: 50,
      output_tokens_details: { reasoning_tokens: 40 },
      total_tokens: 150,
    },
  });
  assertEquals(usage, {
    inputTokens: 100,
    cachedInputTokens: 80,
    cacheWriteTokens: 0,
    outputTokens: 50,
    reasoningTokens: 40,
    totalTokens: 150,
  });
  assertEquals((await both({ usage: { input_tokens: 1 } })).usage?.totalTokens, 1);
  for (const none of [undefined, null, {}, { input_tokens: "many" }]) {
    assertEquals((await both({ usage: none })).usage, undefined);
  }
});

Deno.test("responses reply: maps finish reasons", async () => {
  const cut = (reason?: string | null) => ({
    status: "incomplete",
    incomplete_details: reason === undefined ? null : { reason },
  });
  const reasons: [Record<string, unknown>, string][] = [
    [{}, "stop"],
    [{ output: [call()] }, "tool_calls"],
    [cut("max_output_tokens"), "length"],
    [cut("content_filter"), "content_filter"],
    [cut("something_new"), "something_new"],
    [cut(), "length"],
    [{ ...cut("max_output_tokens"), output: [call({ arguments: '{"a' })] }, "length"],
    [{ ...cut("max_output_tokens"), output: [] }, "length"],
    [{ status: undefined }, "stop"],
    [{ status: null }, "stop"],
  ];
  for (const [more, reason] of reasons) {
    await using complete = sent(more);
    assertEquals((await complete.generate()).finishReason, reason, JSON.stringify(more));
    await using stream = streamed(more, `response.${more.status ?? "completed"}`);
    assertEquals((await stream.stream()).reply.finishReason, reason, JSON.stringify(more));
  }
});

Deno.test("responses reply: reads a refusal", async () => {
  const reply = await both({ output: [message({ type: "refusal", refusal: "I must not." })] });
  assertEquals([reply.refusal, reply.text], ["I must not.", ""]);
  assertEquals((await both({})).refusal, undefined);
});

Deno.test("responses reply: reads tool calls", async () => {
  const { toolCalls, text: value } = await both({
    output: [message(text("One moment.")), call(), call({ call_id: "b", arguments: { a: 1 } })],
  });
  assertEquals(value, "One moment.");
  assertEquals(toolCalls, [
    { id: "a", name: "f", args: "{}" },
    { id: "b", name: "f", args: '{"a":1}' },
  ]);
  await using odd = sent({ output: [call({ call_id: "" }), call({ call_id: null, id: null })] });
  const calls = (await odd.generate()).toolCalls!;
  assertEquals(calls[0]!.id, "fc_1");
  assertMatch(calls[1]!.id, /^[a-z0-9]{9}$/);
});

Deno.test("responses reply: keeps the reasoning before tool calls", async () => {
  const thought = { type: "reasoning", id: "rs_1", encrypted_content: "x", summary: [] };
  const open = { type: "reasoning", id: "rs_1", content: [{ type: "reasoning_text", text: "hm" }] };
  for (const reasoning of [thought, open]) {
    const output = [reasoning, message(text("a")), call()];
    const { providerData } = await both({ output });
    assertEquals((providerData as { items: unknown }).items, output);
    assertEquals((providerData as { model: unknown }).model, "m");
  }
  // Not without tool calls, nor reasoning without content, which refers to an item not stored.
  const { encrypted_content: _, ...reference } = thought;
  const none = [[thought, message(text("a"))], [call()], [reference, call()], [
    thought,
    reference,
    call(),
  ]];
  for (const output of none) assert(!("providerData" in await both({ output })));
});

Deno.test("responses reply: reports a failed response", async () => {
  const cases: [Record<string, unknown> | null, string, boolean][] = [
    [{ code: "server_error", message: "it broke" }, "provider", true],
    [{ code: "rate_limit_exceeded", message: "slow down" }, "rate_limited", true],
    [{ code: "invalid_prompt", message: "not this" }, "provider", false],
    [{ code: "image_too_large", message: "smaller" }, "provider", false],
    [{ code: "insufficient_quota", message: "no money" }, "provider", false],
    [null, "provider", true],
  ];
  for (const [error, code, retryable] of cases) {
    const more = { status: "failed", output: [], error, usage: { input_tokens: 3 } };
    await using complete = sent(more);
    await using stream = streamed(more);
    for (const thrown of [await complete.error(), await stream.streamError()]) {
      assertEquals([thrown.code, thrown.retryable], [code, retryable], JSON.stringify(error));
      assertEquals(thrown.usage?.inputTokens, 3);
      if (error !== null) assertStringIncludes(thrown.message, String(error.message));
    }
  }
});

Deno.test("responses reply: rejects status 200 without a response object", async () => {
  const bodies: unknown[] = [
    "",
    "<html>",
    "null",
    "[]",
    "5",
    "{}",
    { output: null },
    { output: {} },
    { output: [] },
    { output: "hi" },
    { ...response(), status: "cancelled" },
    { status: "failed", error: { message: "a gateway's", code: "x" } },
    { choices: [{ message: { content: "the other API" }, finish_reason: "stop" }] },
  ];
  for (const body of bodies) {
    await using pair = respondWith(body, {}, { api });
    const error = await pair.error();
    assertEquals([error.code, error.retryable], ["provider", true], JSON.stringify(body));
    await using stream = respondWith(body, { headers: { "content-type": "text/event-stream" } }, {
      api,
    });
    assert(["provider", "truncated"].includes((await stream.streamError()).code));
  }
});

Deno.test("responses reply: does not request a response again that the server is processing", async () => {
  for (const status of ["queued", "in_progress"]) {
    await using complete = sent({ status, output: [] });
    await using stream = respondWith(response({ status, output: [] }), {}, { api });
    for (const error of [await complete.error(), await stream.streamError()]) {
      assertEquals([error.code, error.retryable], ["provider", false]);
      assertStringIncludes(error.message, `is "${status}" and not an answer`);
    }
  }
});

Deno.test("responses reply: reports calls that cannot be run", async () => {
  const custom = { type: "custom_tool_call", call_id: "a", name: "f", input: "x" };
  for (const item of [custom, { type: "computer_call", call_id: "a" }, call({ name: "" })]) {
    const more = { output: [message(text("Let me see.")), item], usage: { input_tokens: 3 } };
    await using complete = sent(more);
    await using stream = streamed(more);
    for (const error of [await complete.error(), await stream.streamError()]) {
      assertEquals([error.code, error.retryable], ["provider", true]);
      assertEquals([error.usage?.inputTokens, error.text], [3, "Let me see."]);
    }
  }
});

Deno.test("responses reply: reports rates and errors as Chat Completions does", async () => {
  await using pair = startPair({ limits: { requestsPerMinute: 1 } }, { api });
  const { rates } = await pair.generate();
  assertEquals([rates?.requests?.limit, rates?.requests?.remaining], [1, 0]);
  const refused = await pair.error(request());
  assertEquals([refused.code, refused.status], ["rate_limited", 429]);
  assert(refused.retryAfterMs! > 0);
});

Deno.test("responses reply: keeps the digits in arguments that are an object", async () => {
  const args = '{"id":1234567890123456789}';
  const item = JSON.stringify(call()).replace('"{}"', args);
  const body = JSON.stringify(response({ output: [] })).replace(
    '"output":[]',
    `"output":[${item}]`,
  );
  const added = `data: {"type":"response.output_item.done","output_index":0,"item":${item}}\n\n`;
  const bodies = [
    body,
    `data: {"type":"response.completed","response":${body}}\n\n`,
    `${added}data: {"type":"response.completed","response":{"status":"completed"}}\n\n`,
  ];
  for (const body of bodies) {
    const type = body.startsWith("{") ? "application/json" : "text/event-stream";
    await using pair = respondWith(body, { headers: { "content-type": type } }, { api });
    assertEquals((await pair.generate()).toolCalls, [{ id: "a", name: "f", args }]);
  }
});
