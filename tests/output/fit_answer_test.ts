/** Answers in another form than that of their schema, which can be read in exactly one way. */
import { defineAgent, defineTool, type Schema } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { assert, assertEquals } from "@std/assert";
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import { reply } from "../helpers.ts";

/** Calls an agent once, without repair. Returns the content, or the code of the error. */
async function read(output: Schema, text: string): Promise<unknown> {
  const provider = scripted(text);
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    output,
    repair: 0,
    provider,
  });
  const result = await agent.settle({});
  assertEquals(provider.requests.length, 1);
  return result.ok ? result.content : result.error.code;
}

const string = { type: "string" }, number = { type: "number" }, boolean = { type: "boolean" };
const object = (properties: Record<string, unknown>, required = Object.keys(properties)) => ({
  type: "object",
  properties,
  required,
});
/** The same schema, of each library and as JSON Schema. */
const LABEL: readonly Schema[] = [
  z.object({ label: z.enum(["positive", "negative"]) }),
  toStandardJsonSchema(v.object({ label: v.picklist(["positive", "negative"]) })),
  type({ label: "'positive'|'negative'" }) as unknown as Schema,
  object({ label: { enum: ["positive", "negative"] } }),
  { ...object({ label: { enum: ["positive", "negative"] } }), additionalProperties: false },
];
const REVIEW: readonly Schema[] = [
  z.object({
    label: z.string(),
    stars: z.number(),
    sure: z.boolean(),
    pages: z.array(z.int()),
    note: z.string().nullish(),
  }),
  object(
    {
      label: string,
      stars: number,
      sure: boolean,
      pages: { type: "array", items: { type: "integer" } },
      note: { type: ["string", "null"] },
    },
    ["label", "stars", "sure", "pages"],
  ),
];
const review = { label: "7", stars: 3.5, sure: true, pages: [1, 20] };
const json = JSON.stringify(review);

Deno.test("reads an object in the layers that models put around it", async () => {
  const texts = [
    JSON.stringify(json),
    JSON.stringify(JSON.stringify(json)),
    "```json\n" + JSON.stringify(json) + "\n```",
    `[${json}]`,
    `Here it is:\n[${json}]\n`,
    JSON.stringify([json]),
    `{"result":${json}}`,
    `{"Answer":${JSON.stringify(json)}}`,
    `{"output":[${json}]}`,
    `{"review":${json}}`,
    `{"value":${json}}`,
    `{"type":"object","properties":${json}}`,
    `{"type":"object","properties":${json},"required":["label"],"additionalProperties":false}`,
    `{"properties":${json}}`,
    `<think>{"a":1}</think>{"data":{"result":${json}}}`,
  ];
  for (const schema of REVIEW) {
    for (const text of texts) assertEquals(await read(schema, text), review, text);
  }
});

Deno.test("reads numbers, booleans, null and lists in strings where no string is accepted", async () => {
  const texts: [text: string, value: unknown][] = [
    ['{"label":"7","stars":"3.5","sure":"true","pages":["1","20"]}', review],
    ['{"label":"7","stars":" 3.5 ","sure":"True","pages":"[1, 20]"}', review],
    ["{'label':'7','stars':'3.5','sure':'TRUE','pages':'[1, \"20\",]'}", review],
    ['{"label":"7","stars":"35e-1","sure":true,"pages":[1,20],"note":"3"}', {
      ...review,
      note: "3",
    }],
    ['{"Label":"7","STARS":3.5,"sure":true,"pages":[1,20]}', review],
    ['{"label":["7"],"stars":[3.5],"sure":true,"pages":[1,20]}', review],
    [`{"result":{"label":"7","stars":"3.5","sure":"true","pages":["1","20"]}}`, review],
  ];
  for (const schema of REVIEW) {
    for (const [text, value] of texts) assertEquals(await read(schema, text), value, text);
  }
});

Deno.test("does not read a text as a number that is too large for one", async () => {
  const schema = object({ n: number });
  assertEquals(await read(schema, '{"n":"1e308"}'), { n: 1e308 });
  assertEquals(await read(schema, '{"n":"1e400"}'), "invalid_output");
});

Deno.test("reads a bare choice, as the only required property or as the content", async () => {
  const texts = [
    "positive",
    " positive\n",
    "Positive",
    "POSITIVE.",
    "**positive**",
    "*Positive*.",
    '"positive"',
    "'positive'",
    "“positive”",
    "`positive`",
    "```\npositive\n```",
    "```text\npositive\n```",
    "```positive```",
    '"**positive**"',
    "<think>is it negative?</think>\n\npositive",
    '["positive"]',
    '{"label":"Positive"}',
    '{"label":" positive. "}',
    '{"Label":"positive"}',
    '{"label":["positive"]}',
    '[{"label":"positive"}]',
    '{"value":"positive"}',
  ];
  for (const text of texts) {
    for (const schema of LABEL) {
      if (text === '{"value":"positive"}') continue;
      assertEquals(await read(schema, text), { label: "positive" }, text);
    }
    const bare: Schema[] = [
      z.enum(["positive", "negative"]),
      z.union([z.literal("positive"), z.literal("negative")]),
      { enum: ["positive", "negative"] },
      { anyOf: [{ const: "positive" }, { const: "negative" }, { type: "null" }] },
      { $ref: "#/$defs/label", $defs: { label: { enum: ["positive", "negative"] } } },
    ];
    for (const schema of bare) assertEquals(await read(schema, text), "positive", text);
  }
});

Deno.test("reads a bare boolean, number or null where the schema is a scalar", async () => {
  const cases: [schemas: Schema[], texts: string[], value: unknown][] = [
    [[z.boolean(), boolean], ["True", "true", "TRUE.", "**true**", '"True"', "`true`"], true],
    [[z.boolean(), boolean], ["False", '"false"', "```\nFalse\n```"], false],
    [[z.null(), { type: "null" }], ["None", "null", '"null"', "None."], null],
    [[z.boolean().nullable(), { type: ["boolean", "null"] }], ["None", '"null"'], null],
    [[z.number(), number], ["5", '"5"', "**5**", "5.", " 5 ", '"5.0"', "[5]"], 5],
    [[z.int(), { type: "integer" }], ["-12", "'-12'", '{"value":"-12"}', '{"result":-12}'], -12],
    [[z.literal([1, 2]), { enum: [1, 2] }], ["2", '"2"', "2."], 2],
    [
      [z.enum(["a", "b"]).nullable(), { enum: ["a", "b", null] }],
      ["None", '"null"', '{"value":"None"}'],
      null,
    ],
  ];
  for (const [schemas, texts, value] of cases) {
    for (const schema of schemas) {
      for (const text of texts) assertEquals(await read(schema, text), value, text);
    }
  }
});

Deno.test("reads a list below another name, and an object as a list of one", async () => {
  const lists: Schema[] = [
    z.array(z.object({ a: z.number() })),
    { type: "array", items: object({ a: number }) },
  ];
  for (const schema of lists) {
    assertEquals(await read(schema, '{"items":[{"a":1},{"a":2}]}'), [{ a: 1 }, { a: 2 }]);
    assertEquals(await read(schema, '{"value":[{"a":"1"}]}'), [{ a: 1 }]);
    assertEquals(await read(schema, '{"a":1}'), [{ a: 1 }]);
    assertEquals(await read(schema, '{"value":{"a":1}}'), [{ a: 1 }]);
    assertEquals(await read(schema, '"[{\\"a\\":1}]"'), [{ a: 1 }]);
  }
  const inner: Schema[] = [
    z.object({ items: z.array(z.object({ a: z.number() })), n: z.number() }),
    object({ items: { type: "array", items: object({ a: number }) }, n: number }),
  ];
  for (const schema of inner) {
    assertEquals(await read(schema, '{"items":{"a":1},"n":1}'), { items: [{ a: 1 }], n: 1 });
    assertEquals(await read(schema, '{"items":"[{\\"a\\":1}]","n":"1"}'), {
      items: [{ a: 1 }],
      n: 1,
    });
  }
});

Deno.test("reads an object that closes too early as a whole", async () => {
  const schemas: Schema[] = [
    z.object({ label: z.string(), reason: z.string().optional(), n: z.number().optional() }),
    object({ label: string, reason: string, n: number }, ["label"]),
    { type: "object" },
  ];
  const cases: [text: string, value: unknown][] = [
    ['{"label":"x"}, "reason":"because"}', { label: "x", reason: "because" }],
    ['{"label":"x"},\n "reason":"because", "n":1}', { label: "x", reason: "because", n: 1 }],
    ['{"label":"x"}, "reason":"because"}, "n":1}', { label: "x", reason: "because", n: 1 }],
    ['{"label":"x"}}, "reason":"because"}', { label: "x", reason: "because" }],
    ["{'label':'x'}, 'reason':'because'}", { label: "x", reason: "because" }],
    ['So: {"label":"x"}, "reason":"because"}\nDone.', { label: "x", reason: "because" }],
    ['```json\n{"label":"x"}, "reason":"because"}\n```', { label: "x", reason: "because" }],
  ];
  for (const schema of schemas) {
    for (const [text, value] of cases) assertEquals(await read(schema, text), value, text);
  }
  assertEquals(await read({ type: "array" }, '["a"], "b"]'), ["a", "b"]);
  const list = object({ l: { type: "array" }, n: number }, ["l"]);
  assertEquals(await read(list, '{"n":1,"l":[{"a":1}]},{"a":"]}"}]}'), {
    n: 1,
    l: [{ a: 1 }, { a: "]}" }],
  });
  assertEquals(await read(list, '{"n":1,"l":[1]}, 2], "n":2}'), "invalid_output");
  assertEquals(await read(list, 'So: {"l":[1]}, {"l":[2]}'), { l: [2] });
  // The first part alone is not the answer.
  for (
    const text of [
      '{"label":"x"}, "reason":"because"',
      '{"label":"x"} "reason":"because"}',
      '{"label":"x"}, "label":"y"}',
      '{"label":"x"}, "reason": because}',
      '{"label":"x"}, "n":1}'.repeat(100),
    ]
  ) {
    for (const schema of schemas) assertEquals(await read(schema, text), "invalid_output", text);
  }
  const closed = { ...object({ label: string }), additionalProperties: false };
  assertEquals(await read(closed, '{"label":"x"}, "reason":"because"}'), "invalid_output");
});

Deno.test("asks the model to repair an answer that can be read in no way or in several", async () => {
  const [Label, , , plainLabel] = LABEL;
  const numbers = z.object({ n: z.number() });
  const cases: [schema: Schema | undefined, text: string][] = [
    ...[Label, plainLabel].flatMap((schema): [Schema | undefined, string][] => [
      [schema, "It is positive."],
      [schema, "positive or negative"],
      [schema, "pos"],
      [schema, '{"label":"good"}'],
      [schema, '[{"label":"positive"},{"label":"negative"}]'],
      [schema, '{"first":{"label":"positive"},"second":{"label":"negative"}}'],
      [schema, '{"error":{"label":"positive"}}'],
      [schema, '{"label":{"label":"good"}}'],
      [schema, '{"label":["positive","negative"]}'],
      [schema, '{"label":"positive negative"}'],
      [schema, "yes"],
    ]),
    ...[numbers, object({ n: number })].flatMap((schema): [Schema, string][] => [
      [schema, '{"n":"1,000"}'],
      [schema, '{"n":"5 apples"}'],
      [schema, '{"n":"five"}'],
      [schema, '{"n":"0x10"}'],
      [schema, '{"n":"007"}'],
      [schema, '{"n":""}'],
      [schema, '{"n":null}'],
      [schema, '{"n":true}'],
      [schema, '{"n":"NaN"}'],
      [schema, '{"n":"Infinity"}'],
      [schema, '{"m":5}'],
      [schema, '[{"n":1},{"n":2}]'],
      [schema, "1 2"],
    ]),
    [z.object({ a: z.number(), b: z.number() }), "5"],
    [z.object({ a: z.number(), b: z.number() }), '{"A":1,"B":2,"a ":3,"b":"x"}'],
    [z.object({ summary: z.string() }), "I cannot answer that."],
    [z.object({ summary: z.string() }), '{"error":"I cannot answer that"}'],
    [z.object({ summary: z.string() }), '{"text":"a summary"}'],
    [z.string(), "I cannot answer that."],
    [z.string(), '{"message":"I cannot answer that."}'],
    [z.number(), '{"code":404}'],
    [z.boolean(), "yes"],
    [z.boolean(), '"no"'],
    [z.boolean(), "1"],
    [z.enum(["a", "A"]), "**b**"],
    [z.enum(["Yes", "YES"]), "yes"],
    [{ enum: ["a", 1] }, '{"value":"1"}'],
    [z.object({ a: z.any() }), "5"],
    [z.object({ a: z.object({}), n: z.int() }), '{"type":"object","properties":{"a":{},"n":{}}}'],
  ];
  for (const [schema, text] of cases) {
    assertEquals(await read(schema!, text), "invalid_output", `${text}`);
  }
});

Deno.test("keeps a value that fits as it is", async () => {
  const cases: [schema: Schema, text: string, value: unknown][] = [
    [z.object({ a: z.string() }), '{"a":"5"}', { a: "5" }],
    [z.object({ a: z.string() }), '{"a":"{\\"b\\":1}"}', { a: '{"b":1}' }],
    [z.union([z.string(), z.number()]), '{"value":"5"}', "5"],
    [z.object({ a: z.coerce.number() }), '{"a":"5"}', { a: 5 }],
    [{ type: "object" }, '{"result":{"a":1}}', { result: { a: 1 } }],
    [z.array(z.array(z.number())), '{"value":[[1]]}', [[1]]],
    [z.record(z.string(), z.unknown()), '{"Answer":"5"}', { Answer: "5" }],
  ];
  for (const [schema, text, value] of cases) assertEquals(await read(schema, text), value, text);
});

Deno.test("reads by the matching branch of a union", async () => {
  const schemas: Schema[] = [
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("count"), n: z.number() }),
      z.object({ kind: z.literal("name"), n: z.string() }),
    ]),
    {
      anyOf: [
        object({ kind: { const: "count" }, n: number }),
        object({ kind: { const: "name" }, n: string }),
      ],
    },
  ];
  for (const schema of schemas) {
    assertEquals(await read(schema, '{"kind":"count","n":"5"}'), { kind: "count", n: 5 });
    assertEquals(await read(schema, '{"kind":"name","n":"5"}'), { kind: "name", n: "5" });
    assertEquals(await read(schema, '[{"kind":"count","n":"5"}]'), { kind: "count", n: 5 });
  }
});

Deno.test("reads the arguments of tools in the same way", async () => {
  const args: [text: string, value: unknown][] = [
    ['{"city":"Rome","days":3}', { city: "Rome", days: 3 }],
    ['{"city":"Rome","days":"3"}', { city: "Rome", days: 3 }],
    ['{"city":"Rome","days":3,"metric":"True"}', { city: "Rome", days: 3, metric: true }],
    ['{"city":"Rome","days":3,"metric":null}', { city: "Rome", days: 3 }],
    [JSON.stringify('{"city":"Rome","days":3}'), { city: "Rome", days: 3 }],
    ['[{"city":"Rome","days":3}]', { city: "Rome", days: 3 }],
    ['{"arguments":{"city":"Rome","days":3}}', { city: "Rome", days: 3 }],
    ["{'city':'Rome','days':3,}", { city: "Rome", days: 3 }],
  ];
  const wrong = [
    '{"city":"Rome","days":3}{"city":"Oslo","days":3}',
    "Rome",
    '{"city":"Rome"',
    "[]",
  ];
  const inputs: Schema[] = [
    z.object({ city: z.string(), days: z.number(), metric: z.boolean().optional() }),
    object({ city: string, days: number, metric: boolean }, ["city", "days"]),
  ];
  for (const input of inputs) {
    for (const text of [...args.map(([text]) => text), ...wrong]) {
      let received: unknown;
      const tool = defineTool({
        name: "weather",
        input,
        run: (args) => {
          received = args;
        },
      });
      const provider = scripted([
        reply("", { toolCalls: [{ id: "1", name: "weather", args: text }] }),
        "done",
      ]);
      const agent = defineAgent({ name: "a", model: "m", prompt: "x", tools: [tool], provider });
      const { toolCalls } = await agent.call({});
      assertEquals(received, args.find(([one]) => one === text)?.[1], text);
      assertEquals(toolCalls[0]!.error?.code, wrong.includes(text) ? "invalid_args" : undefined);
    }
  }
});

Deno.test("reads the arguments of an agent that is a tool", async () => {
  const prompts: string[] = [];
  const inner = defineAgent({
    name: "inner",
    model: "m",
    params: z.object({ n: z.number() }),
    prompt: ({ n }) => `n is ${n}`,
    provider: scripted(({ messages }) => {
      prompts.push(String(messages[0]!.content));
      return "ok";
    }),
  });
  const toolCalls = ['{"n":"5"}', '[{"n":6}]', '"{\\"n\\":7}"'].map((args, i) => ({
    id: String(i),
    name: "inner",
    args,
  }));
  const agent = defineAgent({
    name: "a",
    model: "m",
    prompt: "x",
    tools: [inner.asTool()],
    provider: scripted([reply("", { toolCalls }), "done"]),
  });
  await agent.call({});
  assertEquals(prompts.sort(), ["n is 5", "n is 6", "n is 7"]);
});

Deno.test("reads an answer of 5 MB in time in proportion to it", async () => {
  const items = Array.from({ length: 60_000 }, (_, i) => ({
    id: String(i),
    text: 'with "quotes", {brackets} and \\ and more words than that',
  }));
  const read_ = { items: items.map(({ id, text }) => ({ id: Number(id), text })) };
  const schema = object({ items: { type: "array", items: object({ id: number, text: string }) } });
  const whole = JSON.stringify({ items });
  assert(whole.length > 5_000_000);
  for (const text of [whole, JSON.stringify(whole), `[${whole}]`, `{"result":${whole}}`]) {
    assertEquals(await read(schema, text), read_);
  }
  for (
    const text of [
      "[".repeat(3_000_000) + "]".repeat(2_000_000),
      '{"a":1},"b":2}'.repeat(400_000),
      '"' + '\\"'.repeat(2_500_000) + '"',
      '{"a":\'' + '"'.repeat(5_000_000) + "'}",
      '["'.repeat(2_000_000),
      '{"a":"' + "[".repeat(5_000_000) + '"}',
      "*".repeat(5_000_000),
      "1".repeat(5_000_000),
      '{"items":' + "9".repeat(5_000_000) + "}",
    ]
  ) {
    assertEquals(await read(schema, text), "invalid_output", text.slice(0, 40));
  }
});
