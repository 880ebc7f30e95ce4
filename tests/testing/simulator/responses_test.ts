import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  type Simulator,
  simulator,
  type SimulatorRequest,
} from "../../../src/testing/simulator/simulator.ts";

function post(sim: Simulator, body: Record<string, unknown> = {}): Promise<Response> {
  return fetch(`${sim.url}/responses`, {
    method: "POST",
    body: JSON.stringify({ model: "m", input: "Hello", ...body }),
  });
}

// deno-lint-ignore no-explicit-any
async function answerTo(sim: Simulator, body: Record<string, unknown> = {}): Promise<any> {
  const response = await post(sim, body);
  const json = await response.json();
  if (response.status !== 200) throw new Error(JSON.stringify(json));
  return json;
}

/** Parses the events of a stream. The name of each must be its type. */
// deno-lint-ignore no-explicit-any
async function eventsOf(sim: Simulator, body: Record<string, unknown> = {}): Promise<any[]> {
  const text = await (await post(sim, { stream: true, ...body })).text();
  return text.split("\n\n").filter((event) => event !== "").map((event) => {
    const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(event)!;
    const value = JSON.parse(data!);
    assertEquals(value.type, name);
    return value;
  });
}

const tools = [{
  type: "function",
  name: "get_weather",
  parameters: {
    type: "object",
    properties: { n: { type: "integer", minimum: 3 } },
    required: ["n"],
  },
}];
const include = ["reasoning.encrypted_content"];

Deno.test("responses: a plain answer has OpenAI's format", async () => {
  await using sim = simulator({ respond: () => "12345678" });
  const answer = await answerTo(sim, { input: "12345678", store: false });
  assertMatch(answer.id, /^resp_/);
  assert(Math.abs(answer.created_at - Date.now() / 1000) < 60);
  assertEquals([answer.object, answer.status, answer.model], ["response", "completed", "m"]);
  assertEquals([answer.error, answer.incomplete_details, answer.store], [null, null, false]);
  assertEquals(answer.output, [{
    id: "msg_sim0",
    type: "message",
    role: "assistant",
    status: "completed",
    content: [{ type: "output_text", text: "12345678", annotations: [] }],
  }]);
  assertEquals(answer.usage, {
    input_tokens: 2,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: 2,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: 4,
  });
});

Deno.test("responses: a stream has OpenAI's events in order, and no [DONE]", async () => {
  await using sim = simulator({ respond: () => "123456789", chunkSize: 1 });
  const events = await eventsOf(sim);
  assertEquals(events.map(({ type }) => type.replace("response.", "")), [
    "created",
    "in_progress",
    "output_item.added",
    "content_part.added",
    "output_text.delta",
    "output_text.delta",
    "output_text.delta",
    "output_text.done",
    "content_part.done",
    "output_item.done",
    "completed",
  ]);
  assertEquals(events.map((event) => event.sequence_number), events.map((_, i) => i));
  assertEquals(events.map((event) => event.delta ?? "").join(""), "123456789");
  const { response } = events.at(-1);
  assertEquals(events[0].response.status, "in_progress");
  assertEquals(
    response.output,
    (await answerTo(sim)).output.map((item: { id: string }) => ({
      ...item,
      id: "msg_sim0",
    })),
  );
  assertEquals(response.usage.output_tokens, 3);
});

Deno.test("responses: tool calls follow encrypted reasoning, if requested", async () => {
  await using sim = simulator({ chunkSize: 1 });
  const { output } = await answerTo(sim, { tools, tool_choice: "required", include });
  assertEquals(output.map(({ type }: { type: string }) => type), ["reasoning", "function_call"]);
  assert(output[0].encrypted_content);
  const [, { name, call_id, arguments: args }] = output;
  assertEquals([name, JSON.parse(args)], ["get_weather", { n: 3 }]);
  const named = await answerTo(sim, { tools, tool_choice: { type: "function", name } });
  assertEquals(named.output[0].type, "function_call");
  assertEquals((await answerTo(sim, { tools })).output[0].type, "message");

  const events = await eventsOf(sim, { tools, input: "Use get_weather" });
  const pieces = events.filter(({ type }) => type === "response.function_call_arguments.delta");
  assertEquals(pieces.map(({ delta }) => delta).join(""), args);
  assert(pieces.length > 1);
  assertEquals(events.at(-1).response.output[0].arguments, args);

  const input = [{ role: "user", content: "x" }, ...output, {
    type: "function_call_output",
    call_id,
    output: "42",
  }];
  assertMatch((await answerTo(sim, { tools, input })).output[0].content[0].text, /42/);
});

Deno.test("responses: respond gets the input as messages", async () => {
  const seen: SimulatorRequest[] = [];
  await using sim = simulator({
    respond(request) {
      seen.push(request);
      return "x";
    },
  });
  const call = (call_id: string) => ({
    type: "function_call",
    call_id,
    name: "f",
    arguments: "{}",
  });
  const output = (call_id: string) => ({ type: "function_call_output", call_id, output: "1" });
  const input = [
    { role: "developer", content: "Be brief." },
    { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
    { role: "assistant", content: "Well" },
    call("a"),
    { type: "reasoning", encrypted_content: "x" },
    call("b"),
    output("b"),
    output("a"),
    call("c"),
    output("c"),
  ];
  await answerTo(sim, { input, instructions: "You help.", tools });
  await answerTo(sim);
  const made = (id: string) => ({ id, type: "function", function: { name: "f", arguments: "{}" } });
  const tool = (tool_call_id: string) => ({ role: "tool", content: "1", tool_call_id });
  assertEquals(seen[0]!.messages as unknown, [
    { role: "system", content: "You help." },
    { role: "developer", content: "Be brief." },
    { role: "user", content: [{ type: "input_text", text: "Hi" }] },
    { role: "assistant", content: "Well", tool_calls: [made("a"), made("b")] },
    tool("b"),
    tool("a"),
    { role: "assistant", content: null, tool_calls: [made("c")] },
    tool("c"),
  ]);
  assertEquals([seen[0]!.api, seen[0]!.text, seen[0]!.tools[0]!.name], [
    "responses",
    "Hi",
    "get_weather",
  ]);
  assertEquals(seen[1]!.messages, [{ role: "user", content: "Hello" }]);
});

Deno.test("responses: supports formats and max_output_tokens", async () => {
  await using sim = simulator();
  const schema = { type: "object", properties: { sentiment: { enum: ["good", "bad"] } } };
  const text = { format: { type: "json_schema", name: "s", schema } };
  const { output } = await answerTo(sim, { text, input: "Sentiment: I love it" });
  assertEquals(Object.keys(JSON.parse(output[0].content[0].text)), ["sentiment"]);
  const refused = await post(sim, { text: { format: { type: "json_object" } } });
  assertEquals(refused.status, 400);
  assertMatch((await refused.json()).error.message, /word 'json'/);
  const cut = await answerTo(sim, { max_output_tokens: 2 });
  assertEquals([cut.status, cut.incomplete_details.reason], ["incomplete", "max_output_tokens"]);
  assertEquals((await eventsOf(sim, { max_output_tokens: 2 })).at(-1).type, "response.incomplete");
});

Deno.test("responses: answers invalid requests with OpenAI's errors", async () => {
  await using sim = simulator({ models: ["m"] });
  const output = { type: "function_call_output", call_id: "a", output: "1" };
  const call = { type: "function_call", call_id: "a", name: "f", arguments: "{}" };
  const cases: [Record<string, unknown>, number, string | null, RegExp][] = [
    [{ model: "" }, 400, "model", /model/],
    [{ model: "n" }, 404, "model", /does not exist/],
    [{ input: undefined }, 400, "input", /Missing/],
    [{ input: [] }, 400, "input", /Missing/],
    [{ input: ["x"] }, 400, null, /Invalid type/],
    [{ input: [{ content: "x" }] }, 400, "input[0].role", /Missing/],
    [{ messages: [] }, 400, "messages", /Unknown parameter/],
    [{ seed: 1 }, 400, "seed", /Unknown parameter/],
    [{ input: [output] }, 400, "input", /No tool call found .* a\.$/],
    [{ input: [call] }, 400, "input", /No tool output found .* a\.$/],
    [{ input: [{ type: "reasoning", id: "rs_1" }] }, 404, "input", /'rs_1' not found/],
    [{ previous_response_id: "resp_1" }, 400, "previous_response_id", /not found/],
  ];
  for (const [body, status, param, expected] of cases) {
    const response = await post(sim, body);
    const { error } = await response.json();
    assertEquals([response.status, error?.param], [status, param], JSON.stringify(body));
    assertMatch(error.message, expected);
  }
});

Deno.test("responses: has the faults and limits of Chat Completions", async () => {
  await using sim = simulator({
    script: ["streamError", "streamError", "truncate", "emptyChoices", "contentFilter", "refusal"],
  });
  assertEquals((await answerTo(sim)).error.code, "server_error");
  const failed = await eventsOf(sim);
  assertEquals([failed.at(-1).type, failed.at(-1).code], ["error", "server_error"]);
  const cut = await eventsOf(sim);
  assert(cut.length > 0 && cut.every(({ type }) => type !== "response.completed"));
  assertEquals((await answerTo(sim)).output, []);
  const filtered = await answerTo(sim);
  assertEquals(filtered.incomplete_details.reason, "content_filter");
  const refusal = await eventsOf(sim);
  assert(refusal.some(({ type }) => type === "response.refusal.delta"));
  assertEquals(refusal.at(-1).response.output[0].content[0].type, "refusal");

  sim.configure({ limits: { requestsPerMinute: 1 } });
  await answerTo(sim);
  const response = await post(sim);
  assertEquals([response.status, response.headers.get("x-ratelimit-limit-requests")], [429, "1"]);
  await response.body?.cancel();
});
