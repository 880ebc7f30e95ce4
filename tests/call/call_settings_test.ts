import { type CallOptions, configure, defineAgent, type ModelSettings } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertFalse } from "@std/assert";
import { configured } from "../helpers.ts";
import { print } from "../print.ts";

const all: ModelSettings = {
  temperature: 0,
  maxTokens: 100,
  topP: 0.5,
  stop: ["END", ""],
  seed: 0,
  extra: { reasoning_effort: "low" },
};

Deno.test("settings: those of the agent are sent to the provider unchanged", async () => {
  const provider = scripted("ok");
  await defineAgent({ name: "a", model: "m", prompt: "x", provider, ...all }).call({});
  assertEquals(provider.requests[0]!.settings, all);
});

Deno.test("settings: each setting of the call takes precedence over the agent's", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, ...all });
  const overrides: CallOptions[] = [
    { temperature: 1.5 },
    { maxTokens: 1 },
    { topP: 1 },
    { stop: "." },
    { seed: 42 },
  ];
  for (const options of overrides) {
    await A.call({}, options);
    assertEquals(provider.requests.at(-1)!.settings, { ...all, ...options });
  }
  await A.call({});
  assertEquals(provider.requests.at(-1)!.settings, all);
});

Deno.test("settings: falsy settings of the call take precedence too", async () => {
  const provider = scripted("ok");
  const set = { temperature: 1, topP: 1, stop: "x", seed: 1 };
  await defineAgent({ name: "a", model: "m", prompt: "x", provider, ...set }).call({}, {
    temperature: 0,
    topP: 0,
    stop: "",
    seed: 0,
  });
  assertEquals(provider.requests[0]!.settings, { temperature: 0, topP: 0, stop: "", seed: 0 });
});

Deno.test("settings: merges extra", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, extra: { a: 1, b: 1 } });
  await A.call({}, { extra: { b: 2, c: null } });
  assertEquals(provider.requests[0]!.settings.extra, { a: 1, b: 2, c: null });
  const B = defineAgent({ name: "b", model: "m", prompt: "x", provider });
  await B.call({}, { extra: { c: 3 } });
  assertEquals(provider.requests[1]!.settings.extra, { c: 3 });
});

Deno.test("settings: sends nothing for absent and undefined settings", async () => {
  const provider = scripted("ok");
  const A = defineAgent({ name: "a", model: "m", prompt: "x", provider, temperature: undefined });
  await A.call({}, { maxTokens: undefined });
  assertEquals(Object.keys(provider.requests[0]!.settings), []);
  assertEquals(provider.requests[0]!.output, undefined);
});

Deno.test("settings: sends no option of the library", async () => {
  const provider = scripted("ok");
  const A = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    provider,
    retries: 1,
    timeout: 1000,
  });
  await A.call({}, { metadata: { secret: 1 }, retries: 0, timeout: { total: 1000 } });
  const sent = print(provider.requests[0], { depth: 9 });
  for (const word of ["metadata", "retries", "timeout", "signal", "secret"]) {
    assertFalse(sent.includes(word), word);
  }
});

Deno.test("model: call takes precedence over agent, and agent over configure", async () => {
  const provider = scripted("ok");
  using _ = configured({ model: "configured", provider });
  const bare = defineAgent({ name: "bare", prompt: "x" });
  const own = defineAgent({ name: "own", model: "own", prompt: "x" });
  assertEquals((await bare.call({})).model, "configured");
  assertEquals((await own.call({})).model, "own");
  const result = await own.call({}, { model: "called" });
  assertEquals(result.model, "called");
  assertEquals(result.attempts[0]!.model, "called");
  assertEquals(provider.requests.map((r) => r.model), ["configured", "own", "called"]);
});

Deno.test("provider: agent takes precedence over configure", async () => {
  const [one, two] = [scripted("one"), scripted("two")];
  using _ = configured({ model: "m", provider: one });
  assertEquals((await defineAgent({ name: "a", prompt: "x" }).call({})).content, "one");
  assertEquals(
    (await defineAgent({ name: "a", prompt: "x", provider: two }).call({})).content,
    "two",
  );
});

Deno.test("configure: does not affect calls that have started", async () => {
  const { promise, resolve } = Promise.withResolvers<string>();
  using _ = configured({ model: "m", provider: scripted(() => promise), prices: { m: price(1) } });
  const call = defineAgent({ name: "a", prompt: "x" }).call({});
  configure({ provider: scripted("new"), model: "new", prices: { m: price(1000) } });
  resolve("old");
  const result = await call;
  assertEquals([result.content, result.model], ["old", "m"]);
  assertEquals(result.cost!.output, 1 / 1e6);
});

function price(dollars: number) {
  return { input: dollars, output: dollars };
}
