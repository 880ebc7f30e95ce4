import { ProviderError } from "@shoal/agents";
import { NoSuchModelError } from "@ai-sdk/provider";
import {
  assertEquals,
  assertMatch,
  assertRejects,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { MockLanguageModelV4, MockProviderV4 } from "ai/test";
import { aiSdk, type AiSdkModel } from "../../../src/providers/ai_sdk/ai_sdk.ts";
import { MODEL, request, result } from "./helpers.ts";
import { neverAborts } from "../openai/helpers.ts";

const named = (modelId: string, more = {}) =>
  new MockLanguageModelV4({
    modelId,
    doGenerate: result({ content: [{ type: "text", text: `I am ${modelId}` }] }),
    ...more,
  });
const textFrom = async (provider: ReturnType<typeof aiSdk>, model = MODEL) =>
  (await provider.generate(request("x", { model }), { signal: neverAborts() })).text;
const rejection = (provider: ReturnType<typeof aiSdk>, model: string) =>
  assertRejects(() => textFrom(provider, model), ProviderError);

Deno.test("ai-sdk models: finds the models of a provider by name, and caches them", async () => {
  let made = 0;
  const provider = aiSdk({
    languageModel(name) {
      made++;
      return named(name);
    },
  });
  assertEquals(await textFrom(provider, "a"), "I am a");
  assertEquals(await textFrom(provider, "b"), "I am b");
  assertEquals(await textFrom(provider, "a"), "I am a");
  assertEquals(made, 2);
});

Deno.test("ai-sdk models: finds models by a function or by languageModel", async () => {
  assertEquals(await textFrom(aiSdk((name: string) => named(`my-${name}`)), "a"), "I am my-a");
  const both = Object.assign((name: string) => named(`called ${name}`), {
    languageModel: (name: string) => named(name),
  });
  assertEquals(await textFrom(aiSdk(both), "a"), "I am a");
});

Deno.test("ai-sdk models: rejects other names than that of a single model", async () => {
  const model = named("a");
  const provider = aiSdk(model);
  assertEquals(await textFrom(provider, "a"), "I am a");
  const error = await rejection(provider, "b");
  assertEquals([error.code, error.retryable], ["provider", false]);
  assertMatch(
    error.message,
    /only the model "a" is available, and not "b": pass the AI SDK's provider to aiSdk\(\)/,
  );
  assertEquals(model.doGenerateCalls.length, 1);
});

Deno.test("ai-sdk models: reports a name that the SDK does not know", async () => {
  const none = new MockProviderV4({ languageModels: { a: named("a") } });
  assertEquals(await textFrom(aiSdk(none), "a"), "I am a");
  const error = await rejection(aiSdk(none), "b");
  assertEquals([error.code, error.retryable], ["provider", false]);
  assertMatch(error.message, /the AI SDK rejected the request: No such languageModel: b/);
  // The failure is not cached.
  let known = false;
  const late = aiSdk((modelId: string) => {
    if (!known) throw new NoSuchModelError({ modelId, modelType: "languageModel" });
    return named(modelId);
  });
  await rejection(late, "a");
  known = true;
  assertEquals(await textFrom(late, "a"), "I am a");
});

Deno.test("ai-sdk models: reports a function that throws or returns no model", async () => {
  const cause = new TypeError("a bug");
  const bug = await rejection(
    aiSdk(() => {
      throw cause;
    }),
    "a",
  );
  assertEquals([bug.code, bug.retryable, bug.cause], ["tool", false, cause]);
  assertEquals(bug.message, 'the function that finds the model "a" threw: a bug');
  for (const nothing of [undefined, "a", {}, (name: string) => named(name)]) {
    const error = await rejection(aiSdk(() => nothing as AiSdkModel), "a");
    assertEquals([error.code, error.retryable], ["provider", false]);
    assertMatch(error.message, /the AI SDK returned no language model for "a"/);
  }
});

Deno.test("ai-sdk models: rejects an unknown version of the interface", async () => {
  for (const version of ["v1", "v5", undefined]) {
    const model = named("a");
    Object.defineProperty(model, "specificationVersion", { value: version });
    const why = /the specificationVersion of "a" must be one of v4, v3, v2: current value is/;
    assertThrows(() => aiSdk(model), TypeError, "must be one of v4, v3, v2");
    const error = await rejection(aiSdk(() => model), "a");
    assertMatch(error.message, why);
    assertEquals([error.code, error.retryable], ["provider", false]);
  }
});

Deno.test("ai-sdk models: rejects a value that is not a model at once", () => {
  for (const wrong of ["openai/gpt-5", undefined, null, {}, { doGenerate() {} }, 5]) {
    assertThrows(
      () => aiSdk(wrong as unknown as AiSdkModel),
      TypeError,
      "Cannot use a model of the AI SDK as its model must be a language model or a provider",
    );
  }
});

Deno.test("ai-sdk models: checks its options", () => {
  const model = named("a");
  const plain = aiSdk(model);
  assertEquals([plain.name, plain.id, plain.limits], ["mock-provider", undefined, undefined]);
  assertStrictEquals(plain.account, model);
  const find = () => model;
  assertEquals(aiSdk(find).name, "ai-sdk");
  assertStrictEquals(aiSdk(find).account, find);
  const account = {};
  const limits = { concurrency: 5, models: { a: { requestsPerMinute: 5 } } };
  const full = aiSdk(model, { name: "mine", id: "mine eu", limits, account });
  assertEquals([full.name, full.id, full.limits], ["mine", "mine eu", limits]);
  assertStrictEquals(full.account, account);
  const wrong: [object, string][] = [
    [{ name: "" }, "name must be a text"],
    [{ id: 5 }, "id must be a text"],
    [{ account: "sk-secret" }, "account must be an object"],
    [{ limits: { concurrency: 0 } }, "limits as concurrency must be"],
    [{ onWarning: true }, "onWarning must be a function"],
    [{ maxRetries: 2 }, 'there is no option "maxRetries"'],
  ];
  for (const [options, why] of wrong) {
    const error = assertThrows(() => aiSdk(model, options), Error, why);
    assertMatch(error.message, /^Cannot use a model of the AI SDK/);
    assertEquals(error.message.includes("sk-secret"), false);
  }
});
