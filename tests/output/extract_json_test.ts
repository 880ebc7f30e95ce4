/** The reading of answers with text around, before or in place of JSON. */
import { assert, assertEquals, assertFalse } from "@std/assert";
import { z } from "zod";
import { type Parsed, prepareOutput } from "../../src/output/prepare_output.ts";
import type { Schema } from "../../src/output/standard_schema.ts";

const Label = z.object({ label: z.string() });
const json = '{"label":"good"}';

async function read(schema: Schema, text: string): Promise<unknown> {
  const parsed = await prepareOutput("a", schema).parse(text);
  return parsed.ok ? parsed.content : parsed.issues.map(({ message }) => message);
}
async function issues(schema: Schema, text: string): Promise<string> {
  const parsed: Parsed = await prepareOutput("a", schema).parse(text);
  assertFalse(parsed.ok, `${text.slice(0, 80)} must not be read`);
  assert(parsed.issues.length > 0);
  return parsed.issues.map(({ message }) => message).join();
}

Deno.test("reading: skips text around the JSON", async () => {
  const cases = [
    json,
    `\ufeff${json}`,
    `\r\n\t ${json} \n`,
    `Here is the label you asked for: ${json}`,
    `Here it is:\n\n${json}\n\nTell me if you need more {details} or [sources]!`,
    `The label is ${json}.`,
    `**Answer:** ${json}`,
    `> ${json}`,
    `It's "clear" that [1] says {so}: ${json}`,
    `<|channel|>final<|message|>${json}<|end|>`,
    `${json}</s>`,
    `${json}}`,
    `${json}\n${json}`,
    "```json\n" + json + "\n```",
    "```\n" + json + "\n```",
    "```JSON5\n" + json + "\n```",
    "~~~json\n" + json + "\n~~~",
    "~~~\n" + json + "\n~~~",
    "````json\n" + json + "\n````",
    "  ```json\r\n  " + json + "\r\n  ```",
    "```json " + json + "```",
    "```" + json + "```",
    "```json\n" + json,
    json + "\n```",
    "Sure!\n\n```json\n" + json + "\n```\n\nI chose it as the text is kind.",
    "```text\n" + json + "\n```",
    '```json\n{\n  "label": "good" // it is\n}\n```',
  ];
  for (const text of cases) assertEquals(await read(Label, text), { label: "good" }, text);
});

Deno.test("reading: prefers fenced JSON, then the last JSON that fits", async () => {
  const good = '{"label":"good"}', bad = '{"label":"bad"}', other = '{"other":1}';
  const fence = (text: string, language = "json") => "```" + language + "\n" + text + "\n```\n";
  const cases: [text: string, label: string][] = [
    [`First ${bad}, but then: ${good}`, "good"],
    [`${good}\nas in ${other}`, "good"],
    [fence(bad) + "No, wait:\n" + fence(good), "good"],
    [fence(good) + fence(other), "good"],
    [fence(good) + `and not ${bad}`, "good"],
    [`not ${bad} but\n` + fence(good), "good"],
    [fence(good) + fence('label({"label":"bad"})', "js"), "good"],
    [fence("npm install", "sh") + fence(good), "good"],
    [fence("{'label': 'good'}") + bad, "good"],
    [`${good}\nor in Python:\n{'label': 'bad'}`, "good"],
    [fence("{'label': 'bad'}") + fence(good), "good"],
    [fence(good) + 'where {"label": text} is what you asked for', "good"],
  ];
  for (const [text, label] of cases) assertEquals(await read(Label, text), { label }, text);
});

Deno.test("reading: ignores JSON in the reasoning", async () => {
  const draft = 'Maybe {"label":"bad"}?\n```json\n{"label":"bad"}\n```\n';
  const cases = [
    `<think>${draft}</think>${json}`,
    `<think>\n${draft}\n</think>\n\n\`\`\`json\n${json}\n\`\`\``,
    `\n<thinking>${draft}</thinking> So: ${json}`,
    `${draft}</think>\n${json}`,
    `<think>${draft}</think>Well.<think>{"label":"worse"}</think>${json}`,
  ];
  for (const text of cases) assertEquals(await read(Label, text), { label: "good" }, text);
  assertEquals(await read(z.number(), '<think>{"value":1}</think>{"value":2}'), 2);
  assertEquals(await read(z.number(), "<think>4?</think>\n5"), 5);
  await issues(Label, `<think>${draft}`);
  await issues(Label, `<think>${draft}</think>I cannot say.`);
  // The end tag may be a part of the answer.
  for (const label of ["</think>", "<think>a</think>", 'a</think>{"label":"bad"}']) {
    const text = JSON.stringify({ label });
    assertEquals(await read(Label, text), { label });
    assertEquals(await read(Label, `<think>x</think>So: ${text}`), { label });
  }
  assertEquals(await read(Label, 'So: {"label":"</think>"}'), { label: "</think>" });
});

Deno.test("reading: treats brackets, quotes and fences in strings as text", async () => {
  for (
    const label of [
      "}",
      '{"label":"bad"}',
      '\\"}{[',
      "```json\n{}\n```",
      "~~~",
      "a // no comment /* here */",
      "it's",
      "\\",
      "\u2028 \ud83d\ude00 \ud83d",
      "\\u0022",
    ]
  ) {
    const text = JSON.stringify({ label });
    for (const around of [text, `So: ${text}, that's it`, "```json\n" + text + "\n```"]) {
      assertEquals(await read(Label, around), { label }, around);
    }
  }
});

Deno.test("reading: accepts JSON as models write it", async () => {
  const schema = z.object({ a: z.string(), b: z.array(z.number()).optional() });
  const cases: [text: string, value: unknown][] = [
    ['{"a":"x",}', { a: "x" }],
    ['{"a":"x","b":[1,2,],}', { a: "x", b: [1, 2] }],
    ["{'a':'x'}", { a: "x" }],
    ["{a: 'say \"x\"'}", { a: 'say "x"' }],
    [`{"a":"it\\'s"}`, { a: "it's" }],
    ['// the answer\n{"a": /* a text */ "x" // done\n}', { a: "x" }],
    ['{"a":"two\nlines\tand a tab"}', { a: "two\nlines\tand a tab" }],
    ['{"a":"\\(x\\) \\u12"}', { a: "\\(x\\) \\u12" }],
    ['{"a":"x",\u00a0"b":[-1.5e3,0]}', { a: "x", b: [-1500, 0] }],
  ];
  for (const [text, value] of cases) {
    assertEquals(await read(schema, text), value, text);
    assertEquals(await read(schema, "```json\n" + text + "\n```"), value, text);
    assertEquals(await read(schema, `Here it is:\n${text}\nDone.`), value, text);
  }
  const flags = z.object({ t: z.boolean(), f: z.boolean(), n: z.null() });
  assertEquals(await read(flags, "{'t': True, 'f': False, 'n': None}"), {
    t: true,
    f: false,
    n: null,
  });
});

Deno.test("reading: does not guess what is truncated, missing or ambiguous", async () => {
  const loose: Schema[] = [
    { type: "object" },
    { type: "array" },
    {},
    z.any(),
    z.array(z.any()),
    z.object({ items: z.array(z.object({ a: z.number().optional() })).optional() }),
    z.record(z.string(), z.any()),
  ];
  const cases: [text: string, message: RegExp][] = [
    ['{"items":[{"a":1},{"a":2', /cut off/],
    ['{"items":[{"a":1}', /cut off/],
    ['{"items":[{"a":1}]', /cut off/],
    ['Here: {"items":[{"a":1},', /cut off/],
    ['```json\n{"items":[{"a":1},{"a":2}', /cut off/],
    ['{"items":[{"a":1}, ...]}', /broken/],
    ['{"items":[{"a":1} {"a":2}]}', /broken/],
    ['{"items":[{"a":1},,{"a":2}]}', /broken/],
    ['{"items": undefined}', /broken/],
    ['{"items": NaN}', /broken/],
    ['{"items": "say "x" twice"}', /broken/],
    ['{"items": [01]}', /broken/],
    ['{"items": some words}', /broken/],
    ['{"items"}', /broken/],
    ['{"items":}', /broken/],
    ['{"items":[1}]', /broken/],
    ["[[1, oops],\n[2]\n]", /broken/],
    ['Draft {"items":[]}, but then {"items": oops}', /broken/],
    ["```json\n[1, oops]\n```", /broken/],
    ['```json\n{"items":[]}\n```\nNo:\n```json\n{"items": oops}\n```', /broken/],
  ];
  for (const [text, message] of cases) {
    for (const schema of loose) {
      const said = await issues(schema, text);
      assert(message.test(said), `${text}: ${said}`);
    }
  }
});

Deno.test("reading: takes no JSON from prose, whatever the schema accepts", async () => {
  const loose: Schema[] = [
    {},
    z.any(),
    z.string(),
    z.array(z.string()),
    z.array(z.number()),
    z.record(z.string(), z.string()),
    { type: "object" },
  ];
  for (
    const text of [
      "",
      " \n",
      "I cannot answer that.",
      "[I cannot answer that]",
      "{I cannot answer that}",
      "[citation needed]",
      "As stated in [1], I cannot answer {that} or {}.",
      "[1] Smith et al. (2020)\n[2] Jones",
      "{Note: I cannot answer}",
      "{ [ } ]",
      "```\nI cannot answer that.\n```",
      "```sh\nnpm install\n```",
      "```\n5 apples\n```",
      '```\n"Yes" is what I would say\n```',
      "5 apples",
      "true story",
      "'quoted'",
      '"open',
      "nullify",
      "```",
      "~~~json",
      "f({a: 1}) is what I would call",
      "- [ ] to do\n- [x] done",
      "\ufeff",
      "\0",
    ]
  ) {
    for (const schema of loose) await issues(schema, text);
  }
});

Deno.test("reading: unwraps values that are no objects", async () => {
  const cases: [schema: Schema, value: unknown][] = [
    [z.string(), ""],
    [z.string(), "true"],
    [z.number(), 0],
    [z.boolean(), false],
    [z.null(), null],
    [z.enum(["a", "b"]), "b"],
    [z.literal(5), 5],
    [z.array(z.number()), [1, 2]],
    [z.array(z.number()), []],
    [z.tuple([z.string(), z.number()]), ["a", 1]],
    [z.union([z.string(), z.number()]), 5],
    [z.union([z.object({ value: z.number() }), z.object({ b: z.number() })]), { value: 5 }],
    [z.nullable(z.object({ a: z.number() })), null],
    [z.nullable(z.object({ a: z.number() })), { a: 1 }],
    [z.any(), { value: 1 }],
    [{ enum: [1, "a", null] }, null],
    [{ const: false }, false],
    [{ type: ["string", "null"] }, null],
    [{ anyOf: [{ type: "string" }, { type: "number" }] }, 0],
    [true as unknown as Schema, { any: [0] }],
  ];
  for (const [schema, value] of cases) {
    const { type, required } = prepareOutput("a", schema).schema.schema;
    assertEquals([type, required], ["object", ["value"]]);
    const text = JSON.stringify({ value });
    for (const around of [text, `So: ${text}!`, "```json\n" + text + "\n```"]) {
      assertEquals(await read(schema, around), value, around);
    }
  }
  // Some models leave the wrapper out.
  assertEquals(await read(z.array(z.number()), "[1]"), [1]);
  assertEquals(await read(z.array(z.number()), "Here you are:\n[1, 2]\n"), [1, 2]);
  assertEquals(await read(z.number(), "```\n5\n```"), 5);
  assertEquals(await read(z.string(), '```json\n"a```b"\n```'), "a```b");
  assertEquals(await read(z.boolean(), "```\nTrue\n```"), true);
  const either = z.union([z.object({ value: z.number() }), z.object({ b: z.number() })]);
  assertEquals(await read(either, '{"value":5}'), { value: 5 });
  assertEquals(await read(either, '{"value":{"b":5}}'), { b: 5 });
});

Deno.test("reading: does not wrap a record", async () => {
  const schema = z.record(z.string(), z.number());
  assertEquals(prepareOutput("a", schema).schema.schema.type, "object");
  assertEquals(await read(schema, '{"value":1,"b":2}'), { value: 1, b: 2 });
  assertEquals(await read(schema, '{"value":1}'), { value: 1 });
});

Deno.test("reading: checks an answer against all of a plain JSON Schema", async () => {
  const schema = { type: "object", properties: { a: { type: "number" } }, required: ["a", "b"] };
  const { parse } = prepareOutput("a", schema);
  assertEquals(await parse('{"a":1,"b":null}'), { ok: true, content: { a: 1, b: null } });
  assertEquals(await parse('{"a":"a text","b":null}'), {
    ok: false,
    issues: [{ message: "must be a number, not a string", path: ["a"] }],
  });
  assertEquals(await parse('{"c":1}'), {
    ok: false,
    issues: [{ message: "is required", path: ["a"] }, { message: "is required", path: ["b"] }],
  });
  assertEquals(await parse("[]"), {
    ok: false,
    issues: [{ message: "must be an object, not an array", path: [] }],
  });
  assertEquals(await read({ type: "integer" }, '{"value":1.0}'), 1);
  await issues({ type: "integer" }, '{"value":1.5}');
  await issues({ type: ["string", "null"] }, '{"value":1}');
  await issues({ enum: ["a", 1] }, '{"value":"1"}');
  await issues({ const: null }, '{"value":0}');
  // A required property must be an own property.
  await issues({ type: "object", required: ["toString"] }, "{}");
});

Deno.test("reading: treats names of the prototype like other names", async () => {
  const text = '{"__proto__":{"polluted":true},"constructor":1,"a":1,"a":2}';
  for (const around of [text, `So: ${text}`, text.replace("}}", "},}"), text.slice(0, -1) + ",}"]) {
    const value = await read({ type: "object" }, around) as Record<string, unknown>;
    if (Array.isArray(value)) continue;
    assertEquals(Object.getPrototypeOf(value), Object.prototype);
    assertEquals(Object.keys(value), ["__proto__", "constructor", "a"]);
    assertEquals(value.a, 2);
    assertEquals((value as { polluted?: unknown }).polluted, undefined);
  }
  assertEquals(({} as { polluted?: unknown }).polluted, undefined);
  const strict = z.object({ a: z.number(), b: z.string().optional() });
  assertEquals(await read(strict, text.replace('"a":1', '"b":null')), { a: 2 });
  const wrapped = z.array(z.number());
  await issues(wrapped, '{"__proto__":{"value":[1]}}');
});

Deno.test("reading: reports an issue for values that are nested too deeply", async () => {
  const Tree = z.object({
    get children() {
      return z.array(Tree);
    },
  });
  const deep = (n: number) => '{"children":['.repeat(n) + "]}".repeat(n);
  for (const schema of [Tree, z.any(), { type: "object" }]) {
    for (const n of [251, 5_000, 100_000]) {
      for (const text of [deep(n), `So: ${deep(n)}`, "```json\n" + deep(n) + "\n```"]) {
        assert((await issues(schema, text)).includes("nested more than 500 levels deep"));
      }
    }
  }
  for (const text of ["[", "{", '{"a":', "[{", "(", "]", '"'].map((one) => one.repeat(100_000))) {
    await issues(z.any(), text);
  }
  assert((await prepareOutput("a", Tree).parse(deep(250))).ok);
});

Deno.test("reading: reads an answer of 5 MB", async () => {
  const item = { id: 1, text: 'with "quotes", {brackets} and \\ '.repeat(4), tags: ["a", "b"] };
  const content = { items: Array.from({ length: 30_000 }, () => item) };
  const text = JSON.stringify(content);
  assert(text.length > 5_000_000);
  const schema = { type: "object" };
  const texts = [
    text,
    `Here it is:\n${text}\nDone.`,
    "```json\n" + text + "\n```",
    text.slice(0, -1) + ",}",
    `<think>${text}</think>${text}`,
  ];
  for (const around of texts) assertEquals(await read(schema, around), content);
});

Deno.test("reading: takes time in proportion to any text", async () => {
  // 100,000 repetitions of each: a reader that is not linear would take seconds or minutes.
  const pieces = [
    "{",
    "[",
    '["',
    '{"a":',
    '{"a" ',
    '{"a":1}',
    "```\n",
    "```json\n[",
    '```\n"a',
    "~~~json\n{'a': oops ",
    "[/*",
    "[//\n",
    "<think>",
    "</think>",
    " ",
    "{ ",
    "\\",
    '\\"',
    "'",
    "{a:",
    "[1,",
    '[1,"',
    "[1]\n",
    "`",
    ": \t",
    '"a" b ',
    "1",
    "é{é: ",
  ];
  for (const piece of pieces) {
    for (const before of ["", "x", '{"a":"', "{'a':'", '```json\n{"a":[']) {
      const began = performance.now();
      const output = prepareOutput("a", { type: "object" });
      const text = before + piece.repeat(100_000);
      await output.parse(text);
      output.partial(text);
      assert(performance.now() - began < 10_000, `${before}${piece}…`);
    }
  }
});

Deno.test("reading: takes time in proportion to any incomplete answer", () => {
  const { partial } = prepareOutput("a", { type: "object" });
  for (const piece of ["[", "{a:", '["', "[//\n"]) {
    const began = performance.now();
    partial("x" + piece.repeat(500_000));
    assert(performance.now() - began < 10_000, piece);
  }
});

Deno.test("reading: awaits an async check of each candidate", async () => {
  const seen: unknown[] = [];
  const schema = z.object({ n: z.number() }).refine(async ({ n }) => {
    await Promise.resolve();
    seen.push(n);
    return n === 1;
  });
  assertEquals(await read(schema, '{"n":1} {"n":2} {"n":3}'), { n: 1 });
  // zod calls the check twice when it finds out that it is async.
  assertEquals([...new Set(seen)], [3, 2, 1]);
  // The issues are those of the most likely candidate.
  const both = prepareOutput("a", z.object({ n: z.number(), m: z.number() }));
  const parsed = await both.parse('{"n":"x","m":1} {"n":1,"m":"x"}');
  assertEquals(!parsed.ok && parsed.issues[0]!.path, ["m"]);
});
