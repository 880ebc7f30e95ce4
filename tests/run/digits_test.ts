/** Numbers that a JavaScript number cannot hold, from parameters to answers and the journal. */
import { batch, defineAgent, defineTool, type JsonSchema, type Schema } from "@shoal/agents";
import { memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { scripted } from "@shoal/agents/testing";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { assertEquals, assertRejects } from "@std/assert";
import fc from "fast-check";
import * as v from "valibot";
import { z } from "zod";
import { stringifyExact } from "../../src/model/exact_json.ts";
import { reply } from "../helpers.ts";
import { rm } from "node:fs/promises";
import { makeTempFolder } from "../temp_folder.ts";

const big = 1234567890123456789n, digits = String(big);
const base = { name: "a", model: "m", prompt: "{id}" };
const object = (properties: JsonSchema) => ({
  type: "object",
  properties,
  required: Object.keys(properties),
});
const integer = { type: "integer" }, number = { type: "number" }, string = { type: "string" };

/** Returns the typed answer to a text, which is read without another request. */
async function answer(output: Schema, text: string): Promise<unknown> {
  const agent = defineAgent({ ...base, output, repair: 0, provider: scripted(text) });
  return (await agent.call({ id: 1 })).content;
}

Deno.test("a typed answer has a bigint, a text or a number, as its schema accepts them", async () => {
  const text = `{"id":${digits}}`;
  const cases: [schemas: readonly Schema[], id: unknown][] = [
    [[object({ id: integer }), object({ id: number }), object({ id: {} })], big],
    [[object({ id: { type: ["integer", "string"] } })], big],
    [[z.object({ id: z.any() }), z.record(z.string(), z.unknown())], big],
    [[object({ id: string }), z.object({ id: z.string() })], digits],
    [[z.object({ id: z.union([z.number(), z.string()]) })], digits],
    [[toStandardJsonSchema(v.object({ id: v.string() }))], digits],
    [
      [z.object({ id: z.number() }), toStandardJsonSchema(v.object({ id: v.number() }))],
      Number(big),
    ],
  ];
  for (const [schemas, id] of cases) {
    for (const schema of schemas) {
      const content = await answer(schema, text);
      assertEquals(content, { id });
      // Whatever it is, it is written with its digits.
      if (typeof id !== "string") assertEquals(stringifyExact(content), text);
    }
  }
  const mixed = z.object({ id: z.string(), n: z.number(), list: z.array(z.any()) });
  assertEquals(
    stringifyExact(await answer(mixed, `{"id":${digits},"n":${digits},"list":[${digits}]}`)),
    `{"id":"${digits}","n":${digits},"list":[${digits}]}`,
  );
  assertEquals(await answer(integer, `{"value":${digits}}`), big);
  assertEquals(await answer(integer, digits), big);
  assertEquals(await answer(z.string(), `{"value":${digits}}`), digits);
  assertEquals(await answer(object({ id: integer }), `{"id":"${digits}"}`), { id: big });
  assertEquals(await answer(object({ id: integer }), `So: {'id': ${digits},}`), { id: big });
  assertEquals(await answer(object({ id: integer }), `[${JSON.stringify(text)}]`), { id: big });
  const decimal = '{"n":0.1234567890123456789}';
  assertEquals(stringifyExact(await answer(object({ n: number }), decimal)), decimal);
  // A text is not read as a number that JavaScript does not have.
  await assertRejects(() => answer(object({ n: number }), '{"n":"1e400"}'));
});

Deno.test("an integer that the schema limits is an issue", async () => {
  for (const schema of [z.object({ id: z.int() }), object({ id: { ...integer, maximum: 10 } })]) {
    const error = await assertRejects(() => answer(schema, `{"id":${digits}}`)) as {
      issues?: { path: unknown }[];
    };
    assertEquals(error.issues!.map(({ path }) => path), [["id"]]);
  }
});

Deno.test("the arguments of tools keep their digits, and so do their results", async () => {
  const inputs: [input: Schema, id: unknown][] = [
    [object({ id: integer }), big],
    [z.object({ id: z.string() }), digits],
    [z.object({ id: z.number() }), Number(big)],
  ];
  for (const [input, id] of inputs) {
    for (const args of [`{"id":${digits}}`, `{'id': ${digits}}`]) {
      let received: unknown;
      const tool = defineTool({
        name: "find",
        input,
        run: (args) => {
          received = args;
          return { found: args };
        },
      });
      const provider = scripted([
        reply("", { toolCalls: [{ id: "1", name: "find", args }] }),
        "ok",
      ]);
      const agent = defineAgent({ ...base, tools: [tool], provider });
      const { toolCalls } = await agent.call({ id: 1 });
      assertEquals(received, { id });
      assertEquals(toolCalls[0]!.result, { found: { id } });
      const sent = provider.requests[1]!.messages.map(({ content }) => content).at(-1);
      const written = typeof id === "string" ? `"${digits}"` : digits;
      assertEquals(sent, `{"found":{"id":${written}}}`);
      assertEquals(provider.requests[1]!.messages.at(-2)!.toolCalls![0]!.args, args);
    }
  }
});

Deno.test("an agent that is a tool gets the digits", async () => {
  const inner = defineAgent({
    ...base,
    provider: scripted(({ messages }) => `${messages[0]!.content}`),
  });
  const toolCalls = [{ id: "1", name: "a", args: `{"id":${digits}}` }];
  const provider = scripted([reply("", { toolCalls }), "ok"]);
  const outer = defineAgent({ ...base, name: "outer", tools: [inner.asTool()], provider });
  assertEquals((await outer.call({ id: 1 })).toolCalls[0]!.result, digits);
});

Deno.test("parameters may be bigints, which prompts, ids and the journal keep", async () => {
  const provider = scripted(({ messages }) => `said ${messages[0]!.content}`);
  const agent = defineAgent({ ...base, provider });
  const ids = [big, big + 1n, 5n, -(2n ** 80n)];
  const calls = ids.map((id) => [agent, { id }] as const);
  const dir = await makeTempFolder();
  for (
    const open of [
      () => memoryJournal({ store: "all" }),
      () => sqliteJournal(`${dir}/j.db`, { store: "all" }),
    ]
  ) {
    const before = provider.requests.length;
    await using journal = open();
    const first = await batch(calls, { journal, runId: "r" });
    assertEquals(first.map(({ content }) => content), ids.map((id) => `said ${id}`));
    const again = await batch(calls, { journal, runId: "r" });
    assertEquals(
      again.map(({ content, replayed }) => [content, replayed]),
      ids.map((id) => [
        `said ${id}`,
        true,
      ]),
    );
    assertEquals(provider.requests.length - before, ids.length);
    const params = [];
    for await (const record of journal.results("r")) params.push(record.params);
    assertEquals(params.length, ids.length);
    for (const id of ids) {
      assertEquals(params.some((one) => (one as { id: bigint }).id === id), true);
    }
  }
  await rm(dir, { recursive: true });
});

Deno.test("a replayed answer has the digits of the first one, and its tool calls", async () => {
  const tool = defineTool({ name: "find", input: object({ id: integer }), run: (args) => args });
  const text = `{"id":${digits},"price":0.1234567890123456789}`;
  const dir = await makeTempFolder();
  for (
    const [output, id] of [
      [z.object({ id: z.number(), price: z.number() }), Number(big)],
      [object({ id: integer, price: number }), big],
    ] as const
  ) {
    const toolCalls = [{ id: "1", name: "find", args: `{"id":${digits}}` }];
    const provider = scripted([reply("", { toolCalls }), text]);
    const agent = defineAgent({ ...base, output, tools: [tool], provider });
    const path = `${dir}/${typeof id}.db`;
    const run = async () => {
      await using journal = sqliteJournal(path);
      return (await batch([[agent, { id: "x" }]], { journal, runId: "r" }))[0]!;
    };
    for (const replayed of [false, true]) {
      const result = await run();
      assertEquals([result.ok, result.replayed], [true, replayed]);
      assertEquals(result.content, { id, price: 0.1234567890123456789 });
      assertEquals(stringifyExact(result.content), text);
      assertEquals(result.toolCalls[0]!.args, { id: big });
      assertEquals(result.toolCalls[0]!.result, { id: big });
    }
  }
  await rm(dir, { recursive: true });
});

Deno.test("the digits of any integer and decimal survive a typed answer", async () => {
  const numbers = fc.stringMatching(/^-?[1-9]\d{0,30}(\.\d{0,30}[1-9])?$/);
  const schema = object({ list: { type: "array", items: number } });
  const zod = z.object({ list: z.array(z.number()) });
  await fc.assert(
    fc.asyncProperty(fc.array(numbers), fc.boolean(), async (list, asTexts) => {
      const text = `{"list":[${list.join(",")}]}`;
      const sent = asTexts ? JSON.stringify({ list }) : text;
      for (const output of [schema, zod]) {
        assertEquals(stringifyExact(await answer(output, sent)), text);
      }
    }),
    { numRuns: 200 },
  );
});
