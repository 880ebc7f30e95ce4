import { defineAgent, type Schema } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertFalse, assertStrictEquals, assertThrows } from "@std/assert";
import { z } from "zod";
import { prepareOutput } from "../../src/output/prepare_output.ts";
import { errorOf, reply } from "../helpers.ts";
import { print } from "../print.ts";

const base = { name: "a", model: "m", prompt: "x" };

/** Calls an agent with a schema that gets an answer. */
function answer(output: Schema, text: string, finishReason = "stop") {
  const provider = scripted(reply(text, { finishReason }));
  return defineAgent({ ...base, output, provider }).settle({});
}
const Label = z.object({ label: z.enum(["good", "bad"]) });

Deno.test("output: sends the schema, reads and checks the answer", async () => {
  const provider = scripted('{"label":"good"}');
  const result = await defineAgent({ ...base, name: "my agent!", output: Label, provider }).call(
    {},
  );
  assertEquals(result.content, { label: "good" });
  const { output } = provider.requests[0]!;
  assertEquals(output!.name, "my_agent_");
  assertEquals(output!.schema, {
    type: "object",
    properties: { label: { type: "string", enum: ["good", "bad"] } },
    required: ["label"],
    additionalProperties: false,
  });
  assertEquals(output!.strict, true);
});

Deno.test("output: the content is what the schema returns", async () => {
  const schema = z.object({ n: z.coerce.number(), d: z.string().default("none") });
  assertEquals((await answer(schema, '{"n":"5"}')).content, { n: 5, d: "none" });
  const even = z.object({ n: z.number().refine((n) => Promise.resolve(n % 2 === 0)) });
  assertEquals((await answer(even, '{"n":2}')).ok, true);
  assertEquals((await answer(even, '{"n":1}')).error!.code, "invalid_output");
});

Deno.test("output: accepts falsy answers", async () => {
  const cases: [schema: Schema, value: unknown][] = [
    [z.boolean(), false],
    [z.number(), 0],
    [z.string(), ""],
    [z.null(), null],
    [z.array(z.string()), []],
    [{ type: "boolean" }, false],
    [{ type: "object" }, {}],
  ];
  for (const [schema, value] of cases) {
    const wrapped = (schema as { type?: string }).type !== "object";
    const result = await answer(schema, JSON.stringify(wrapped ? { value } : value));
    assertEquals([result.ok, result.content], [true, value]);
  }
});

Deno.test("output: wraps a schema that is not that of an object", async () => {
  const provider = scripted(['{"value":[1,2]}', "[3]"]);
  const A = defineAgent({ ...base, output: z.array(z.number()), provider });
  assertEquals((await A.call({})).content, [1, 2]);
  assertEquals((await A.call({})).content, [3]);
  assertEquals(provider.requests[0]!.output!.schema, {
    type: "object",
    properties: { value: { type: "array", items: { type: "number" } } },
    required: ["value"],
    additionalProperties: false,
  });
});

Deno.test("output: references of a wrapped schema stay valid", () => {
  interface Tree {
    name: string;
    children: Tree[];
  }
  const Tree: z.ZodType<Tree> = z.object({
    name: z.string(),
    get children() {
      return z.array(Tree);
    },
  });
  for (const schema of [z.array(Tree), z.union([Tree, z.null()]), z.lazy(() => z.array(Tree))]) {
    const sent = prepareOutput("a", schema).schema.schema;
    const refs = [...JSON.stringify(sent).matchAll(/"\$ref":"#([^"]*)"/g)].map((m) => m[1]!);
    assert(refs.length > 0);
    for (const ref of refs) {
      const found = ref.split("/").slice(1).reduce<unknown>(
        (at, key) => (at as Record<string, unknown> | undefined)?.[key],
        sent,
      );
      assert(found !== undefined && found !== sent, `#${ref} is in ${JSON.stringify(sent)}`);
    }
  }
  const list = { type: "array", items: { $ref: "#" } };
  assertEquals(prepareOutput("a", list).schema.schema, {
    type: "object",
    properties: { value: { $ref: "#/$defs/value" } },
    required: ["value"],
    additionalProperties: false,
    $defs: { value: { type: "array", items: { $ref: "#/$defs/value" } } },
  });
  assertEquals(list.items.$ref, "#");
});

Deno.test("output: sends a plain JSON Schema as it is", async () => {
  const schema = { type: "object", properties: { n: { type: "number" } } };
  const provider = scripted('{"n":1}');
  const result = await defineAgent({ ...base, output: schema, provider }).call({});
  assertEquals(result.content, { n: 1 });
  assertEquals(provider.requests[0]!.output!.schema, schema);
  assertEquals((await answer(schema, "n is 1")).error!.code, "invalid_output");
});

Deno.test("output: removes a code fence around the JSON", async () => {
  const json = '{"label":"good"}';
  for (
    const text of [
      "```json\n" + json + "\n```",
      "```\n" + json + "\n```",
      "\n ```JSON\n" + json + "\n```\n\n",
      "```json " + json + "```",
      "```json\r\n" + json + "\r\n```",
      `  ${json}\n`,
    ]
  ) {
    assertEquals((await answer(Label, text)).content, { label: "good" }, text);
  }
});

Deno.test("output: an answer that does not fit is in error.text, not in the message", async () => {
  const cases: [text: string, path: PropertyKey[] | undefined][] = [
    ["I think it is g00d", undefined],
    ["", undefined],
    ['{"label":"g00d"}', ["label"]],
    ['{"lable":"good"}', ["label"]],
    ["null", []],
    ['{"label":"g00d"', undefined],
  ];
  for (const [text, path] of cases) {
    const result = await answer(Label, text);
    const { code, issues, message, retryable, attempts } = result.error!;
    assertEquals([code, retryable, attempts.length], ["invalid_output", false, 2]);
    assertEquals(result.error!.text, text);
    assertEquals(issues!.length, 1);
    assertEquals(issues![0]!.path, path);
    assertEquals(typeof issues![0]!.message, "string");
    assertFalse(message.includes("g00d"));
    assertFalse(print(result.error).includes("g00d"));
    assertEquals(attempts[0]!.error!.code, "invalid_output");
  }
});

Deno.test("output: JSON that ends at the token limit is truncated", async () => {
  const error = (await answer(Label, '{"label":"go', "length")).error!;
  assertEquals([error.code, error.text], ["truncated", '{"label":"go']);
  assert(error.message.endsWith("raise maxTokens"));
  assertEquals((await answer(Label, '{"label":"good"}', "length")).ok, true);
});

Deno.test("output: a refusal and a content filter have the code filtered", async () => {
  const replies = [
    reply("", { refusal: "I cannot do that" }),
    reply("I cannot do that", { finishReason: "content_filter" }),
  ];
  for (const said of replies) {
    for (const output of [undefined, Label]) {
      const error = await errorOf(
        defineAgent({ ...base, output, provider: scripted(said) }).call({}),
      );
      assertEquals([error.code, error.text], ["filtered", "I cannot do that"]);
      assertFalse(print(error).includes("I cannot do that"));
    }
  }
});

Deno.test("output: a schema that throws has the code tool", async () => {
  const cause = new Error("mine");
  const schema = z.object({}).transform(() => {
    throw cause;
  });
  const error = (await answer(schema, "{}")).error!;
  assertEquals([error.code, error.text], ["tool", "{}"]);
  assertStrictEquals(error.cause, cause);
});

Deno.test("output: refuses a schema without a JSON Schema where the agent is defined", () => {
  const cases: [schema: unknown, message: string][] = [
    [z.object({ at: z.date() }), 'Cannot define the agent "a" as its output schema has no JSON'],
    [{ "~standard": { version: 1, vendor: "v", validate: () => ({}) } }, "cannot return its JSON"],
  ];
  for (const [output, message] of cases) {
    assertThrows(() => defineAgent({ ...base, output: output as Schema }), TypeError, message);
  }
});

Deno.test("output: without a schema the content is the text", async () => {
  for (const text of ["", "null", '{"a":1}', "```json\n1\n```"]) {
    assertStrictEquals(
      (await defineAgent({ ...base, provider: scripted(text) }).call({})).content,
      text,
    );
  }
});
