/** Tests of parameters that a schema validates before anything is sent. */
import { defineAgent, defineParallel } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { errorOf, never } from "../helpers.ts";

const provider = scripted(({ messages }) => messages.at(-1)!.content as string);
const base = { name: "a", model: "m", provider };
const params = z.object({ n: z.coerce.number().max(9), unit: z.string().default("m") });

Deno.test("params: the prompt receives the output of the schema", async () => {
  const Template = defineAgent({ ...base, params, prompt: "{n} {unit}" });
  const Fn = defineAgent({ ...base, params, prompt: ({ n, unit }) => `${n} ${unit}` });
  const Run = defineAgent({ name: "r", params, run: ({ n, unit }) => `${n} ${unit}` });
  for (const agent of [Template, Fn, Run]) {
    assertEquals((await agent.call({ n: "3" })).content, "3 m");
    assertEquals((await agent.stream({ n: 3, unit: "km" }).result).content, "3 km");
  }
});

Deno.test("params: rejects invalid parameters with their issues and sends nothing", async () => {
  let ran = 0;
  const silent = scripted("never");
  const Fn = defineAgent({ ...base, provider: silent, params, prompt: () => `${ran++}` });
  const Run = defineAgent({ name: "a", params, run: () => ran++ });
  for (const agent of [Fn, Run]) {
    const error = await errorOf(agent.call({ n: 10, unit: 5 as never }));
    assertEquals(error.code, "invalid_params");
    assertEquals(error.issues!.map(({ path }) => path), [["n"], ["unit"]]);
    assertEquals(
      error.message,
      'Cannot call "a" as its params are invalid: `issues` lists the problems',
    );
    assertEquals(error.attempts, []);
  }
  assertEquals([ran, silent.calls], [0, 0]);
});

Deno.test("params: accepts any Standard Schema and checks a whole JSON Schema", async () => {
  const Ark = defineAgent({ ...base, params: type({ n: "number<9" }), prompt: "{n}" });
  const Val = defineAgent({ ...base, params: v.object({ n: v.number() }), prompt: "{n}" });
  for (const agent of [Ark, Val]) {
    assertEquals((await agent.call({ n: 1 })).content, "1");
    assertEquals((await errorOf(agent.call({ n: "x" } as never))).code, "invalid_params");
  }
  const Json = defineAgent({
    ...base,
    params: { type: "object", required: ["n"], properties: { n: { type: "string" } } },
    prompt: (p: { n?: number }) => `${p.n}`,
  });
  assertEquals((await Json.call({ n: "1" } as never)).content, "1");
  for (const params of [{}, 5, { n: 1 }]) {
    assertEquals((await errorOf(Json.call(params as never))).code, "invalid_params");
  }
});

Deno.test("params: a schema that throws or hangs fails only its call", async () => {
  const cause = new Error("mine");
  const Throws = defineAgent({
    ...base,
    params: z.string().transform(() => {
      throw cause;
    }),
    prompt: () => "x",
  });
  const error = await errorOf(Throws.call("x"));
  assertEquals([error.code, error.message], [
    "tool",
    'Cannot call "a" as its params schema threw: mine',
  ]);
  assertStrictEquals(error.cause, cause);
  const Hangs = defineAgent({ ...base, params: z.string().refine(never), prompt: () => "x" });
  assertEquals((await errorOf(Hangs.call("x", { timeout: { total: 5 } }))).code, "timeout");
});

Deno.test("params: ask skips the schema, and with keeps it", async () => {
  const Fn = defineAgent({ ...base, params, prompt: ({ n }) => `${n}` });
  assertEquals((await Fn.ask("hello")).content, "hello");
  assertEquals((await errorOf(Fn.with({ temperature: 0 }).call({ n: 10 }))).code, "invalid_params");
  assertThrows(() => Fn.with({ params } as never), TypeError, "params");
});

Deno.test("params: those of a workflow are validated before its branches start", async () => {
  const Echo = defineAgent({ ...base, prompt: "{n}" });
  const Flow = defineParallel({ name: "f", params, branches: { one: Echo, two: Echo } });
  assertEquals((await Flow.call({ n: "3" })).content, { one: "3", two: "3" });
  const result = await Flow.settle({ n: 10 });
  assertEquals([result.ok, result.status, result.error!.code], [false, "error", "invalid_params"]);
  assertEquals([result.error!.issues!.length, result.children, result.attempts], [1, [], []]);
  assertEquals(result.branches.one.error!.code, "invalid_params");
  assertEquals(
    (await Flow.settle({ n: 10 })).error!.message,
    'Cannot call "f" as its params are invalid: `issues` lists the problems',
  );
});

Deno.test("params: rejects invalid schemas at definition", () => {
  for (const params of ["text", [], 5, null]) {
    for (const part of [{ prompt: "x" }, { run: () => 1 }]) {
      assertThrows(() => defineAgent({ ...base, ...part, params } as never), TypeError);
    }
    const branches = { a: defineAgent({ ...base, prompt: "x" }) };
    assertThrows(() => defineParallel({ name: "f", params, branches } as never), TypeError);
  }
});
