import type { Message, ModelRequest, ToolSpec } from "@shoal/agents";
import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { buildChatRequest } from "../../../src/providers/openai/chat_request.ts";
import { chunk, completion, DONE, request, respondWith, startPair, streamOf } from "./helpers.ts";

const weather: ToolSpec = {
  name: "get_weather",
  description: "Tells the weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const clock: ToolSpec = { name: "get_time", parameters: { type: "object", properties: {} } };
const tools = [weather, clock];

const plain = (more: Partial<ModelRequest>) =>
  buildChatRequest(request("x", more), "max_tokens") as unknown;
const call = (id: unknown, name: unknown, args: unknown) => ({
  ...(id !== undefined && { id }),
  type: "function",
  function: { name, ...(args !== undefined && { arguments: args }) },
});
const withCalls = (...tool_calls: unknown[]) =>
  completion({ message: { content: null, tool_calls }, finish_reason: "tool_calls" });
const delta = (tool_calls: unknown, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta: { tool_calls }, finish_reason }],
});

Deno.test("tools: are sent with only what is set", () => {
  const { parameters } = weather;
  const strict = { ...clock, strict: true };
  assertEquals(plain({ tools: [weather, strict] }), {
    model: "m",
    messages: [{ role: "user", content: "x" }],
    tools: [
      {
        type: "function",
        function: { name: "get_weather", description: "Tells the weather", parameters },
      },
      {
        type: "function",
        function: { name: "get_time", parameters: clock.parameters, strict: true },
      },
    ],
  });
  assertEquals(plain({ tools: [] }), plain({}));
});

Deno.test("tools: convert a round of calls to messages", () => {
  const toolCalls = [{ id: "a", name: "get_weather", args: '{"city":"Oslo"}' }];
  const messages: Message[] = [
    { role: "user", content: "x" },
    { role: "assistant", content: "", toolCalls },
    { role: "tool", toolCallId: "a", content: "cold" },
    { role: "assistant", content: "Let me see.", toolCalls },
    { role: "tool", toolCallId: "a", content: [{ type: "text", text: "cold" }] },
    { role: "assistant", content: "", toolCalls: [] },
  ];
  const tool_calls = [
    { id: "a", type: "function", function: { name: "get_weather", arguments: '{"city":"Oslo"}' } },
  ];
  assertEquals((plain({ messages }) as { messages: unknown }).messages, [
    { role: "user", content: "x" },
    { role: "assistant", content: null, tool_calls },
    { role: "tool", tool_call_id: "a", content: "cold" },
    { role: "assistant", content: "Let me see.", tool_calls },
    { role: "tool", tool_call_id: "a", content: [{ type: "text", text: "cold" }] },
    { role: "assistant", content: "" },
  ]);
});

Deno.test("chat request: sends files and reasoning effort", () => {
  const files = [
    { type: "file", url: "data:application/pdf;base64,AA==", name: "a.pdf" },
    { type: "file", url: "data:application/pdf;base64,AA==" },
    { type: "file", url: "data:text/plain,hi" },
    { type: "file", url: "file-abc123", name: "ignored" },
  ] as const;
  const { messages, reasoning_effort } = buildChatRequest(
    request(files, { settings: { reasoningEffort: "low" } }),
    "max_tokens",
  );
  assertEquals(reasoning_effort, "low");
  assertEquals(messages[0]!.content as unknown, [
    { type: "file", file: { file_data: files[0].url, filename: "a.pdf" } },
    { type: "file", file: { file_data: files[1].url, filename: "file.pdf" } },
    { type: "file", file: { file_data: files[2].url, filename: "file" } },
    { type: "file", file: { file_id: "file-abc123" } },
  ]);
});

Deno.test("tools: reads calls, complete and streamed, and continues the round", async () => {
  await using pair = startPair({ chunkSize: 1 });
  const first = request("Use get_weather and get_time", { tools });
  const whole = await pair.generate(first);
  const { deltas, reply } = await pair.stream(first);
  for (const { text, finishReason, toolCalls } of [whole, reply]) {
    assertEquals([text, finishReason], ["", "tool_calls"]);
    assertEquals(toolCalls?.map(({ name }) => name), ["get_weather", "get_time"]);
    assertEquals(Object.keys(JSON.parse(toolCalls![0]!.args)), ["city"]);
    assertEquals(toolCalls![1]!.args, "{}");
  }
  assertEquals(deltas, []);
  const messages: Message[] = [
    ...first.messages,
    { role: "assistant", content: whole.text, toolCalls: whole.toolCalls },
    ...whole.toolCalls!.map(({ id, name }) => ({
      role: "tool" as const,
      toolCallId: id,
      content: `${name} is fine`,
    })),
  ];
  const text = "The tools returned: get_weather is fine; get_time is fine";
  assertEquals((await pair.generate(request("", { messages, tools }))).text, text);
  assertEquals((await pair.stream(request("", { messages, tools }))).text, text);
});

Deno.test("tools: reads no calls from a reply without any", async () => {
  await using pair = startPair();
  const first = request("Hello", { tools });
  for (const reply of [await pair.generate(first), (await pair.stream(first)).reply]) {
    assertEquals(["toolCalls" in reply, reply.finishReason], [false, "stop"]);
  }
});

Deno.test("tools: reads text next to calls", async () => {
  await using pair = startPair({
    respond: () => ({ content: "One moment.", toolCalls: [{ name: "f", arguments: { a: 1 } }] }),
  });
  for (const reply of [await pair.generate(), (await pair.stream()).reply]) {
    assertEquals([reply.text, reply.toolCalls![0]!.args], ["One moment.", '{"a":1}']);
  }
});

Deno.test("tools: reads arguments in other shapes", async () => {
  const shapes: [unknown, string][] = [
    ['{"a":1}', '{"a":1}'],
    [{ a: 1 }, '{"a":1}'],
    ["{broken", "{broken"],
    ["", "{}"],
    [null, "{}"],
    [undefined, "{}"],
  ];
  for (const [args, expected] of shapes) {
    await using whole = respondWith(withCalls(call("a", "f", args)));
    await using streamed = streamOf(delta([call("a", "f", args)]), chunk("", "tool_calls"), DONE);
    for (const reply of [await whole.generate(), (await streamed.stream()).reply]) {
      assertEquals(reply.toolCalls, [{ id: "a", name: "f", args: expected }]);
    }
  }
});

Deno.test("tools: generates distinct ids for calls without an id", async () => {
  for (const id of [undefined, null, ""]) {
    await using whole = respondWith(withCalls(call(id, "f", "{}"), call(id, "f", "{}")));
    await using streamed = streamOf(
      delta([call(id, "f", "{}")]),
      delta([call(id, "f", "{}")]),
      chunk("", "tool_calls"),
    );
    for (const { toolCalls } of [await whole.generate(), (await streamed.stream()).reply]) {
      const [one, two] = toolCalls!;
      assertMatch(one!.id, /^[a-z0-9]{9}$/);
      assertNotEquals(one!.id, two!.id);
    }
  }
});

Deno.test("tools: reads calls with repeated ids and indexes from a complete response", async () => {
  await using pair = respondWith(
    withCalls({ index: 0, ...call("a", "f", "1") }, { index: 0, ...call("a", "f", "2") }),
  );
  assertEquals((await pair.generate()).toolCalls?.map(({ args }) => args), ["1", "2"]);
});

Deno.test("tools: ignores what is not a call", async () => {
  const nonsense = [null, 5, {}, { index: 0 }, { function: {} }, call("", "", ""), {
    type: "function",
    function: { name: null, arguments: "" },
  }];
  await using whole = respondWith(withCalls(...nonsense));
  assertEquals((await whole.error()).retryable, true);
  await using text = respondWith(
    completion({ message: { content: "hi", tool_calls: nonsense }, finish_reason: "stop" }),
  );
  await using streamed = streamOf(
    delta(nonsense),
    delta({}),
    delta("x"),
    chunk("hi", "stop"),
    DONE,
  );
  for (const reply of [await text.generate(), (await streamed.stream()).reply]) {
    assertEquals(["toolCalls" in reply, reply.text], [false, "hi"]);
  }
});

Deno.test("tools: reports a call that cannot be run", async () => {
  const custom = { id: "c", type: "custom", custom: { name: "x", input: "y" } };
  const unusable = [{ id: "a" }, call("a", "", "{}"), call("a", null, "{}"), custom];
  for (const one of unusable) {
    for (const calls of [[one], [call("b", "f", "{}"), one]]) {
      await using whole = respondWith(withCalls(...calls));
      await using streamed = streamOf(delta(calls), chunk("", "tool_calls"), DONE);
      for (const error of [await whole.error(), await streamed.streamError()]) {
        assertEquals([error.code, error.retryable], ["provider", true]);
        assert(error.message.includes("tool call without a name"), error.message);
      }
    }
  }
});

Deno.test("tools: reads a name that comes after the id", async () => {
  await using pair = streamOf(
    delta([{ index: 0, id: "a", type: "function" }]),
    delta([{ index: 0, function: { name: "f" } }]),
    delta([{ index: 0, function: { arguments: "{}" } }]),
    chunk("", "tool_calls"),
    DONE,
  );
  assertEquals((await pair.stream()).reply.toolCalls, [{ id: "a", name: "f", args: "{}" }]);
});

Deno.test("tools: starts another call at a name after complete arguments", async () => {
  for (const id of ["", undefined, null]) {
    const piece = (name: string | undefined, args: string) =>
      delta([{ index: 0, id, function: { ...(name && { name }), arguments: args } }]);
    const shapes = [
      [piece("f", '{"a":1}'), piece("f", '{"a":2}'), piece("g", "{}")],
      [
        piece("f", ""),
        piece("", '{"a"'),
        piece("", ":1}"),
        piece("f", ""),
        piece("", '{"a":2}'),
        piece("g", ""),
      ],
    ];
    for (const shape of shapes) {
      await using pair = streamOf(...shape, chunk("", "tool_calls"), DONE);
      const calls = (await pair.stream()).reply.toolCalls!;
      assertEquals(calls.map(({ name, args }) => name + args), ['f{"a":1}', 'f{"a":2}', "g{}"]);
    }
  }
});

Deno.test("tools: reports tool_calls although the server says stop", async () => {
  const calls = [call("a", "f", "{}")];
  const reasons: [unknown, string][] = [
    ["stop", "tool_calls"],
    [null, "tool_calls"],
    ["tool_calls", "tool_calls"],
    ["length", "length"],
  ];
  for (const [finish_reason, expected] of reasons) {
    await using pair = respondWith(
      completion({ message: { content: "", tool_calls: calls }, finish_reason }),
    );
    assertEquals((await pair.generate()).finishReason, expected);
  }
  await using pair = streamOf(delta(calls), chunk("", "stop"), DONE);
  assertEquals((await pair.stream()).reply.finishReason, "tool_calls");
});

Deno.test("tools: assembles parallel calls in the formats of many servers", async () => {
  const begin = (index: number | undefined, id: string, args = "") => ({
    ...(index !== undefined && { index }),
    ...call(id, id, args),
  });
  const more = (index: number | undefined, args: string, rest = {}) => ({
    ...(index !== undefined && { index }),
    ...rest,
    function: { arguments: args },
  });
  const shapes: Record<string, unknown[]> = {
    "by number": [
      [begin(0, "f")],
      [more(0, '{"a"')],
      [more(0, ":1}")],
      [begin(1, "g")],
      [more(1, '{"b":2}')],
    ],
    "in turns": [
      [begin(0, "f"), begin(1, "g")],
      [more(1, '{"b"'), more(0, '{"a"')],
      [more(0, ":1}")],
      [more(1, ":2}")],
    ],
    "at once": [[begin(0, "f", '{"a":1}'), begin(1, "g", '{"b":2}')]],
    "at once, without numbers": [[
      begin(undefined, "f", '{"a":1}'),
      begin(undefined, "g", '{"b":2}'),
    ]],
    "one by one, without numbers": [
      [begin(undefined, "f", '{"a":1}')],
      [begin(undefined, "g", '{"b":2}')],
    ],
    "in pieces, without numbers": [
      [begin(undefined, "f")],
      [more(undefined, '{"a":')],
      [more(undefined, "1}")],
      [begin(undefined, "g", '{"b"')],
      [more(undefined, ":2}")],
    ],
    "in turns, by id": [
      [begin(undefined, "f"), begin(undefined, "g")],
      [more(undefined, '{"b"', { id: "g" }), more(undefined, '{"a"', { id: "f" })],
      [more(undefined, ":2}", { id: "g" }), more(undefined, ":1}", { id: "f" })],
    ],
    "all with the number 0": [[begin(0, "f", '{"a":1}')], [begin(0, "g", '{"b":2}')]],
    "with all names and ids each time": [
      [begin(0, "f", '{"a"')],
      [begin(0, "f", ":1}")],
      [begin(1, "g", '{"b":2}')],
    ],
    "numbers from 1": [[begin(1, "f", '{"a":1}')], [begin(2, "g", '{"b":2}')]],
    "ids that are empty later": [
      [begin(0, "f")],
      [more(0, '{"a":1}', { id: "" })],
      [begin(1, "g", '{"b":2}')],
    ],
  };
  for (const [name, chunks] of Object.entries(shapes)) {
    await using pair = streamOf(...chunks.map((c) => delta(c)), chunk("", "tool_calls"), DONE);
    assertEquals((await pair.stream()).reply.toolCalls, [
      { id: "f", name: "f", args: '{"a":1}' },
      { id: "g", name: "g", args: '{"b":2}' },
    ], name);
  }
});

Deno.test("tools: reports a stream that breaks within a call as truncated", async () => {
  await using pair = streamOf(delta([call("a", "f", '{"a"')]), DONE);
  assertEquals((await pair.streamError()).code, "truncated");
});
