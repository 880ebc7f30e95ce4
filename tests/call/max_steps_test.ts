/** Tests of the bounds of a call with tools: `maxSteps`, `onMaxSteps` and `maxToolCalls`. */
import {
  type Agent,
  batch,
  defineAgent,
  defineTool,
  type ModelReply,
  type ModelRequest,
  ProviderError,
} from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { z } from "zod";
import { errorOf, reply, used } from "../helpers.ts";
import { print } from "../print.ts";
import { serve } from "../serve.ts";

const base = { name: "a", model: "m", prompt: "{x}" };
const usage = used(10, 1);
let runs = 0;
const look = defineTool({ name: "look", input: { type: "object" }, run: () => `found ${++runs}` });

function callTools(...ids: string[]): ModelReply {
  const toolCalls = ids.map((id) => ({ id, name: "look", args: "{}" }));
  return { text: "Let me look.", finishReason: "tool_calls", toolCalls, usage };
}

/** Answers with a text where no tool may be called, as most servers do. */
function obeying(text: string) {
  return scripted(({ toolChoice, tools }: ModelRequest, n) =>
    toolChoice === "none" || tools === undefined ? reply(text, { usage }) : callTools(`${n}`)
  );
}

function roles(messages: readonly { readonly role: string }[] | undefined) {
  return messages?.map(({ role }) => role);
}

Deno.test("onMaxSteps: answer runs the last tools and sends one more request without them", async () => {
  runs = 0;
  const provider = obeying("It is here");
  const A = defineAgent({ ...base, tools: [look], maxSteps: 2, onMaxSteps: "answer", provider });
  const result = await A.call({ x: 1 });
  assertEquals([result.content, runs, result.toolCalls.length], ["It is here", 2, 2]);
  assertEquals([result.usage, result.attempts.length], [used(30, 3), 3]);
  assertEquals(provider.requests.map(({ toolChoice }) => toolChoice), [
    undefined,
    undefined,
    "none",
  ]);
  // The tools stay described: some servers reject tool calls in the conversation without them.
  assertEquals(provider.requests[2]!.tools, provider.requests[0]!.tools);
  assertEquals(roles(provider.requests[2]!.messages), [
    "user",
    "assistant",
    "tool",
    "assistant",
    "tool",
  ]);
});

Deno.test("onMaxSteps: the last answer is typed, and repaired", async () => {
  const provider = scripted(({ toolChoice }, n) =>
    toolChoice === undefined ? callTools("1") : reply(n === 1 ? "no JSON" : '{"n":3}')
  );
  const output = z.object({ n: z.number() });
  const A = defineAgent({ ...base, tools: [look], maxSteps: 1, output, provider });
  const { content } = await A.call({ x: 1 }, { onMaxSteps: "answer" });
  assertEquals([content, provider.calls], [{ n: 3 }, 3]);
  assertEquals(provider.requests[2]!.toolChoice, "none");
});

Deno.test("onMaxSteps: a server that ignores toolChoice gets a request without tools", async () => {
  const provider = scripted(({ tools }) => tools === undefined ? "done" : callTools("1"));
  const A = defineAgent({ ...base, tools: [look], maxSteps: 1, onMaxSteps: "answer", provider });
  assertEquals((await A.call({ x: 1 })).content, "done");
  assertEquals(provider.requests.map(({ tools }) => tools?.length), [1, 1, undefined]);
  assert(!("toolChoice" in provider.requests[2]!));
});

Deno.test("onMaxSteps: a server that rejects toolChoice gets a request without tools", async () => {
  const rejected = new ProviderError("no tool_choice", {
    code: "provider",
    status: 400,
    retryable: false,
  });
  const provider = scripted(({ tools, toolChoice }) =>
    toolChoice === "none" ? rejected : tools === undefined ? "done" : callTools("1")
  );
  const A = defineAgent({ ...base, tools: [look], maxSteps: 1, onMaxSteps: "answer", provider });
  assertEquals([(await A.call({ x: 1 })).content, provider.calls], ["done", 3]);
});

Deno.test("onMaxSteps: a model that never answers fails with its conversation", async () => {
  const provider = scripted({ ...callTools("1"), text: "" });
  const A = defineAgent({ ...base, tools: [look], maxSteps: 1, onMaxSteps: "answer", provider });
  const error = await errorOf(A.call({ x: 1 }));
  assertEquals([error.code, provider.calls], ["tool", 3]);
  assertEquals(roles(error.messages), ["user", "assistant", "tool"]);
});

Deno.test("onMaxSteps: an extra that requires tools does not apply to the last answer", async () => {
  const provider = obeying("done");
  const extra = { tool_choice: "required", top_k: 3 };
  const A = defineAgent({ ...base, tools: [look], maxSteps: 1, onMaxSteps: "answer", provider });
  await A.call({ x: 1 }, { extra });
  assertEquals(provider.requests.map(({ settings }) => settings.extra), [extra, { top_k: 3 }]);
});

Deno.test("onMaxSteps: a fallback model gives the last answer", async () => {
  const provider = scripted(({ model, toolChoice }) => {
    if (toolChoice === undefined) return callTools("1");
    if (model === "n") return "from n";
    return new ProviderError("broken", { code: "provider", retryable: false });
  });
  const A = defineAgent({ ...base, fallbackModels: ["n"], tools: [look], provider });
  const result = await A.call({ x: 1 }, { maxSteps: 1, onMaxSteps: "answer" });
  assertEquals([result.content, result.model, provider.calls], ["from n", "n", 3]);
});

Deno.test("maxSteps: the error has the conversation, from which a call can continue", async () => {
  const provider = scripted([callTools("1"), callTools("2", "3"), "It is here"]);
  const A = defineAgent({ ...base, system: "Be brief.", tools: [look], maxSteps: 2, provider });
  const error = await errorOf(A.call({ x: "Where?" }));
  assertEquals([error.code, error.text], ["tool", "Let me look."]);
  assertStringIncludes(error.message, "after 2 steps: raise maxSteps");
  const { messages } = error;
  assertEquals(roles(messages), ["user", "assistant", "tool", "assistant", "tool", "tool"]);
  assertEquals(messages![4]!.content, "Error: Not run: the steps were used up");
  // Printing the error shows neither prompts nor answers.
  for (const text of [print(error), JSON.stringify(error)]) assert(!text.includes("Where?"));
  const result = await A.ask("Go on.", { messages });
  assertEquals(result.content, "It is here");
  assertEquals(roles(provider.requests[2]!.messages), [
    "system",
    ...roles(messages)!,
    "user",
  ]);
});

Deno.test("maxSteps: any failure after a round has the conversation", async () => {
  const broken = new ProviderError("down", { code: "provider", retryable: false });
  const provider = scripted([callTools("1"), broken, broken]);
  const A = defineAgent({ ...base, tools: [look], provider });
  assertEquals(roles((await errorOf(A.call({ x: 1 }))).messages), ["user", "assistant", "tool"]);
  // Before the first round, there is none.
  assertEquals((await errorOf(A.call({ x: 1 }))).messages, undefined);
});

Deno.test("maxToolCalls: reports the excess tools of one answer as not run", async () => {
  runs = 0;
  const ids = Array.from({ length: 1_000 }, (_, i) => `c${i}`);
  const provider = scripted([callTools(...ids), "done"]);
  const A = defineAgent({ ...base, tools: [look], provider });
  const result = await A.call({ x: 1 });
  assertEquals([result.content, runs], ["done", 64]);
  assertEquals(result.toolCalls.filter(({ error }) => error?.code === "too_many").length, 936);
  const answers = provider.requests[1]!.messages.filter(({ role }) => role === "tool");
  assertEquals(answers.map(({ toolCallId }) => toolCallId), ids);
  assertEquals(answers[64]!.content, "Error: Not run: one answer may call at most 64 tools");
});

Deno.test("maxToolCalls: the call overrides the agent", async () => {
  for (const [maxToolCalls, expected] of [[undefined, 2], [1, 1], [3, 3]] as const) {
    runs = 0;
    const provider = scripted([callTools("1", "2", "3"), "done"]);
    const A = defineAgent({ ...base, tools: [look], maxToolCalls: 2, provider });
    await A.call({ x: 1 }, { maxToolCalls });
    assertEquals(runs, expected);
  }
});

Deno.test("maxSteps, onMaxSteps, maxToolCalls: rejects other values before anything is sent", () => {
  const define = (options: object): Agent => defineAgent({ ...base, ...options }) as Agent;
  const cases: [options: object, message: string][] = [
    [{ maxToolCalls: 0 }, "maxToolCalls must be a positive integer: current value is 0"],
    [{ maxToolCalls: 1.5 }, "maxToolCalls must be a positive integer: current value is 1.5"],
    [{ onMaxSteps: "stop" }, 'onMaxSteps must be "error" or "answer"'],
    [{ reasoning: 1 }, "reasoning must be true or false: current value is 1"],
    [{ onMaxStep: "answer" }, "onMaxSteps"],
  ];
  for (const [options, message] of cases) {
    assertStringIncludes(assertThrows(() => define(options), Error).message, message);
  }
});

for (const api of ["chat", "responses"] as const) {
  Deno.test(`onMaxSteps: openai() sends tool_choice "none" with api "${api}"`, async () => {
    const bodies: Record<string, unknown>[] = [];
    await using server = serve(
      async (r) => {
        const body = await r.json();
        bodies.push(body);
        const isLast = body.tool_choice === "none";
        return Response.json(api === "chat" ? chatBody(isLast) : responseBody(isLast));
      },
    );
    const baseURL = `${server.url}/v1`;
    await using provider = openai({ baseURL, apiKey: "none", api });
    const A = defineAgent({ ...base, tools: [look], maxSteps: 1, onMaxSteps: "answer", provider });
    const [result] = await batch([[A, { x: 1 }]]);
    assertEquals([result.content, result.error], ["done", undefined]);
    assertEquals(bodies.map(({ tool_choice }) => tool_choice), [undefined, "none"]);
    assertEquals(bodies.map(({ tools }) => (tools as unknown[]).length), [1, 1]);
  });
}

function chatBody(isLast: boolean) {
  const tool_calls = [{ id: "1", type: "function", function: { name: "look", arguments: "{}" } }];
  const message = isLast
    ? { role: "assistant", content: "done" }
    : { role: "assistant", content: null, tool_calls };
  const finish_reason = isLast ? "stop" : "tool_calls";
  return { object: "chat.completion", choices: [{ index: 0, message, finish_reason }] };
}

function responseBody(isLast: boolean) {
  const call = { type: "function_call", id: "f", call_id: "1", name: "look", arguments: "{}" };
  const content = [{ type: "output_text", text: "done", annotations: [] }];
  const message = { type: "message", id: "m", role: "assistant", status: "completed", content };
  return { id: "r", object: "response", status: "completed", output: [isLast ? message : call] };
}
