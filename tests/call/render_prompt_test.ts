import { type ContentPart, defineAgent, type Message } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { errorOf } from "../helpers.ts";
import { print } from "../print.ts";

const user = (content: string): Message => ({ role: "user", content });

Deno.test("prompt: a missing or misspelled parameter fails before anything is sent", async () => {
  const provider = scripted("never");
  const A = defineAgent({ name: "a", model: "m", prompt: "Review: {input}", provider });
  const wrong = [
    {},
    { inptu: "x" },
    { input: undefined },
    { input: {} },
    undefined,
    null,
    5,
    "text",
  ];
  for (const params of wrong) {
    const error = await errorOf(A.call(params as never));
    assertEquals(error.code, "invalid_params");
    assertEquals(error.agent, "a");
    assertEquals(error.attempts, []);
    assert(error.message.startsWith('Cannot call "a" as parameter "input" '), error.message);
  }
  assertEquals(
    (await errorOf(A.call({ inptu: "" } as never))).message,
    'Cannot call "a" as parameter "input" is missing: did you mean it instead of "inptu"?',
  );
  assertEquals(provider.calls, 0);
});

Deno.test("prompt: ignores parameters without a placeholder", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "{input}", provider });
  const row = { input: "x", id: 7, nested: { any: "thing" } };
  assertEquals((await A.call(row as never)).content, "ok");
  assertEquals(provider.requests[0]!.messages, [user("x")]);
});

Deno.test("prompt: accepts falsy parameters as values", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "{a}{b}{c}{d}", provider });
  await A.call({ a: false, b: 0, c: "", d: null });
  assertEquals(provider.requests[0]!.messages, [user("false0null")]);
});

Deno.test("prompt: accepts an empty template and an empty answer", async () => {
  const provider = scripted("");
  const A = defineAgent({ name: "a", model: "m", prompt: "", provider });
  assertStrictEquals((await A.call({})).content, "");
  assertEquals(provider.requests[0]!.messages, [user("")]);
});

Deno.test("prompt: sends the system message, the conversation and then the prompt", async () => {
  const provider = scripted("ok");
  const A = defineAgent({
    name: "a",
    model: "m",
    system: "Be {kind} }}.",
    prompt: "{q}",
    provider,
  });
  const messages: Message[] = [user("one"), { role: "assistant", content: "two" }];
  await A.call({ q: "three" }, { messages });
  assertEquals(provider.requests[0]!.messages, [
    { role: "system", content: "Be {kind} }}." },
    user("one"),
    { role: "assistant", content: "two" },
    user("three"),
  ]);
  assertEquals(messages.length, 2);
});

Deno.test("prompt: sends an empty system message", async () => {
  const provider = scripted("ok");
  await defineAgent({ name: "a", model: "m", system: "", prompt: "q", provider }).call({});
  assertEquals(provider.requests[0]!.messages, [{ role: "system", content: "" }, user("q")]);
});

Deno.test("prompt: a function returns a string, messages or a promise of them", async () => {
  const provider = scripted("ok");
  const parts: ContentPart[] = [
    { type: "text", text: "What is this?" },
    { type: "image", url: "data:image/png;base64,AA==" },
  ];
  const prompts: [made: unknown, messages: Message[]][] = [
    ["text {not a template}", [user("text {not a template}")]],
    [Promise.resolve("later"), [user("later")]],
    ["", [user("")]],
    [[user("a"), { role: "assistant", content: "b" }], [
      user("a"),
      { role: "assistant", content: "b" },
    ]],
    [[{ role: "user", content: parts }], [{ role: "user", content: parts }]],
  ];
  for (const [made, messages] of prompts) {
    const prompt = (_: { n: number }) => made as string;
    await defineAgent({ name: "a", model: "m", prompt, provider }).call({ n: 1 });
    assertEquals(provider.requests.at(-1)!.messages, messages);
  }
});

Deno.test("prompt: a function receives the parameters unchanged", async () => {
  const given = { a: 1 };
  let got: unknown;
  const prompt = (params: { a: number }) => String(got = params);
  await defineAgent({ name: "a", model: "m", prompt, provider: scripted("ok") }).call(given);
  assertStrictEquals(got, given);
});

Deno.test("prompt: a function that throws fails with the code tool, its message and its cause", async () => {
  const provider = scripted("never");
  const cause = new Error("no such file: s3cret");
  for (
    const prompt of [() => {
      throw cause;
    }, () => Promise.reject(cause)]
  ) {
    const A = defineAgent({ name: "a", model: "m", prompt, provider });
    const error = await errorOf(A.call({}));
    assertEquals(error.code, "tool");
    assertStrictEquals(error.cause, cause);
    assertEquals(
      error.message,
      'Cannot call "a" as its prompt function threw: no such file: s3cret',
    );
  }
  assertEquals(provider.calls, 0);
});

Deno.test("prompt: a function with an invalid return value fails with the code tool", async () => {
  const provider = scripted("never");
  const garbage: unknown[] = [
    undefined,
    null,
    5,
    {},
    [null],
    ["text"],
    [{ role: "robot", content: "x" }],
    [{ role: "user" }],
    [{ role: "user", content: 5 }],
    [{ role: "user", content: ["x"] }],
    [{ role: "user", content: [{ type: "text" }] }],
    [{ role: "user", content: [{ type: "image", text: "x" }] }],
  ];
  for (const made of garbage) {
    const A = defineAgent({ name: "a", model: "m", prompt: () => made as string, provider });
    const error = await errorOf(A.call({}));
    assertEquals(error.code, "tool", print(made));
    assert(error.message.startsWith('Cannot call "a" as in its prompt '), error.message);
  }
  assertEquals(provider.calls, 0);
});

Deno.test("ask: the message replaces the prompt and keeps everything else", async () => {
  const provider = scripted("ok");
  const A = defineAgent({
    name: "a",
    model: "m",
    system: "S",
    prompt: "{input}",
    temperature: 0,
    provider,
  });
  const messages = [user("before")];
  const result = await A.ask("What about {this}?", { messages, metadata: 1, maxTokens: 5 });
  assertEquals(result.content, "ok");
  assertEquals(result.metadata, 1);
  assertEquals(provider.requests[0]!.messages, [
    { role: "system", content: "S" },
    user("before"),
    user("What about {this}?"),
  ]);
  assertEquals(provider.requests[0]!.settings, { temperature: 0, maxTokens: 5 });
  await A.ask("");
  assertEquals(provider.requests[1]!.messages.at(-1), user(""));
});

Deno.test("ask: accepts parts and rejects values that are not messages", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "{input}", provider });
  const parts: ContentPart[] = [{ type: "text", text: "x" }];
  await A.ask(parts);
  assertEquals(provider.requests[0]!.messages, [{ role: "user", content: parts }]);
  for (const wrong of [undefined, null, 5, {}, [5]]) {
    assertEquals((await errorOf(A.ask(wrong as never))).code, "invalid_params");
  }
  assertEquals(provider.calls, 1);
});
