import { assertEquals, assertMatch } from "@std/assert";
import { simulator, type SimulatorRequest } from "../../../src/testing/simulator/simulator.ts";
import { answerTo, chat, user } from "./client.ts";

const parameters = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
};
const tools = ["get_weather", "get_time"].map((name) => ({
  type: "function",
  function: { name, description: `Does ${name}`, parameters },
}));

Deno.test("every tool that the user message names is called", async () => {
  await using sim = simulator();
  const calls = async (text: string, more = {}) => {
    const { choices: [{ message, finish_reason }] } = await answerTo(sim, {
      messages: user(text),
      tools,
      ...more,
    });
    const names = message.tool_calls?.map((call: { function: { name: string } }) =>
      call.function.name
    );
    return [finish_reason, names];
  };
  assertEquals(await calls("Use get_weather for Oslo."), ["tool_calls", ["get_weather"]]);
  assertEquals(await calls("get_time and get_weather, please"), [
    "tool_calls",
    ["get_weather", "get_time"],
  ]);
  assertEquals(await calls("What is the weather?"), ["stop", undefined]);
  assertEquals(await calls("forget_weather"), ["stop", undefined]);
  assertEquals(await calls("get_weather", { tool_choice: "none" }), ["stop", undefined]);
  assertEquals(await calls("get_weather", { tools: undefined }), ["stop", undefined]);
});

Deno.test("the answer repeats the tool results, and no tool is called again", async () => {
  await using sim = simulator();
  const round = (ids: string[]) => [
    ...user("Use get_weather"),
    {
      role: "assistant",
      content: null,
      tool_calls: ids.map((id) => ({
        id,
        type: "function",
        function: { name: "get_weather", arguments: "{}" },
      })),
    },
    ...ids.map((id) => ({ role: "tool", tool_call_id: id, content: `${id} degrees` })),
  ];
  const one = await answerTo(sim, { messages: round(["a"]), tools });
  assertEquals(one.choices[0].message.content, "The tool returned: a degrees");
  const two = await answerTo(sim, { messages: round(["a", "b"]), tools });
  assertEquals(two.choices[0].message.content, "The tools returned: a degrees; b degrees");
});

Deno.test("rejects tool calls without results, and results without calls", async () => {
  await using sim = simulator();
  const call = (id: string) => ({
    id,
    type: "function",
    function: { name: "f", arguments: "{}" },
  });
  const assistant = (...ids: string[]) => ({ role: "assistant", tool_calls: ids.map(call) });
  const toolResult = (tool_call_id: string) => ({ role: "tool", tool_call_id, content: "1" });
  const cases: [unknown[], RegExp | undefined][] = [
    [[assistant("a", "b"), toolResult("b"), toolResult("a")], undefined],
    [[assistant("a"), toolResult("a"), assistant("a"), toolResult("a"), ...user("x")], undefined],
    [[assistant("a")], /did not have response messages: a$/],
    [[assistant("a", "b"), toolResult("a"), ...user("x")], /did not have response messages: b$/],
    [[assistant("a"), ...user("x"), toolResult("a")], /did not have response messages: a$/],
    [[toolResult("a")], /must be a response/],
    [[assistant("a"), toolResult("b")], /must be a response/],
    [[assistant("a"), toolResult("a"), toolResult("a")], /must be a response/],
    [[assistant()], /too short/],
  ];
  for (const [messages, refused] of cases) {
    const response = await chat(sim, { messages: [...user("x"), ...messages] });
    const { error } = await response.json();
    assertEquals(response.status, refused === undefined ? 200 : 400, JSON.stringify(messages));
    if (refused !== undefined) assertMatch(error.message, refused);
  }
});

Deno.test("json_object requires the word JSON in the messages", async () => {
  await using sim = simulator();
  const response_format = { type: "json_object" };
  const response = await chat(sim, { response_format });
  assertEquals(response.status, 400);
  assertMatch((await response.json()).error.message, /must contain the word 'json'/);
  await answerTo(sim, { messages: user("Answer in JSON: hi"), response_format });
});

Deno.test("respond gets the tools", async () => {
  const seen: SimulatorRequest["tools"][] = [];
  await using sim = simulator({
    respond({ tools }) {
      seen.push(tools);
      return "x";
    },
  });
  await answerTo(sim, { messages: user("x"), tools });
  await answerTo(sim, { messages: user("x") });
  assertEquals(seen, [tools.map((tool) => tool.function), []]);
});
