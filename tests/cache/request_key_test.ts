import { assert, assertEquals, assertMatch, assertNotEquals } from "@std/assert";
import { defineAgent, type ModelRequest, type Provider } from "@shoal/agents";
import fc from "fast-check";
import { z } from "zod";
import { requestKey } from "../../src/cache/request_key.ts";
import { handmade, reply } from "../helpers.ts";

const provider = answering("https://models.example/v1");

function answering(id?: string, name = "p"): Provider {
  return { ...handmade({}), name, ...(id !== undefined && { id }) };
}

function asking(more: object = {}): ModelRequest {
  return { model: "m", messages: [{ role: "user", content: "hello" }], settings: {}, ...more };
}

function keyOfExtra(extra: unknown): string | undefined {
  return requestKey(provider, asking({ settings: { extra } }));
}

/** Returns the number of different keys of these values. */
function different(values: readonly unknown[]): number {
  const keys = values.map((value) => keyOfExtra({ value }));
  for (const key of keys) assert(key !== undefined);
  return new Set(keys).size;
}

Deno.test("requestKey: has 64 hexadecimal digits that reveal nothing", () => {
  const key = requestKey(provider, asking({ system: "secret" }));
  assertMatch(key!, /^[0-9a-f]{64}$/);
});

Deno.test("requestKey: is the same in any process and release", () => {
  // If this fails, stored replies are no longer found: increment FORMAT, and update this key.
  const request = asking({
    messages: [{ role: "system", content: "Say é" }, {
      role: "user",
      content: [{ type: "text", text: "hi" }],
    }],
    settings: { temperature: 0.5, maxTokens: 10, extra: { b: [1, null], a: true } },
    output: { name: "x", schema: { type: "object" } },
  });
  assertEquals(
    requestKey(provider, request),
    "46f8b712083ca862fd3e52a4e2178df470aeb60c04fa6400e82c582e305ff2fc",
  );
});

Deno.test("requestKey: does not depend on how a request is written down", () => {
  const same: [ModelRequest, ModelRequest][] = [
    [
      asking({ settings: { temperature: 1, seed: 2 } }),
      asking({ settings: { seed: 2, temperature: 1 } }),
    ],
    [asking({ output: undefined }), asking()],
    [asking({ settings: { temperature: undefined } }), asking()],
    [asking({ settings: { temperature: -0 } }), asking({ settings: { temperature: 0 } })],
    [
      {
        settings: {},
        messages: [{ content: "hello", role: "user" }],
        model: "m",
      },
      asking(),
    ],
    [Object.freeze(asking()), Object.assign(Object.create(null), asking())],
    [structuredClone(asking()), asking()],
    [
      asking({ settings: { extra: { at: new Date(0), url: new URL("http://a.b/c") } } }),
      asking({ settings: { extra: { at: "1970-01-01T00:00:00.000Z", url: "http://a.b/c" } } }),
    ],
    [
      asking({ settings: { extra: { a: { x: 1 }, b: { x: 1 } } } }),
      asking({ settings: { extra: ((x) => ({ a: x, b: x }))({ x: 1 }) } }),
    ],
    [
      asking({ settings: { extra: { [Symbol("kind")]: 1, 10: "b", 9: "a" } } }),
      asking({ settings: { extra: { 9: "a", 10: "b" } } }),
    ],
  ];
  for (const [a, b] of same) {
    assertEquals(requestKey(provider, a), requestKey(provider, b));
    assert(requestKey(provider, a) !== undefined);
  }
});

Deno.test("requestKey: depends on everything that shapes the answer", () => {
  const said = (role: string, content: unknown) => ({ role, content });
  const requests = [
    asking(),
    asking({ model: "m2" }),
    asking({ messages: [] }),
    asking({ messages: [said("user", "Hello")] }),
    asking({ messages: [said("user", "hello ")] }),
    asking({ messages: [said("assistant", "hello")] }),
    asking({ messages: [said("system", "hello"), said("user", "hello")] }),
    asking({ messages: [said("user", "hello"), said("system", "hello")] }),
    asking({ messages: [said("user", "hel"), said("user", "lo")] }),
    asking({ messages: [said("user", [{ type: "text", text: "hello" }])] }),
    asking({ messages: [said("user", [{ type: "image", url: "hello" }])] }),
    asking({ messages: [{ ...said("user", "hello"), name: "Ann" }] }),
    asking({ settings: { temperature: 0 } }),
    asking({ settings: { temperature: 1 } }),
    asking({ settings: { topP: 1 } }),
    asking({ settings: { stop: "a" } }),
    asking({ settings: { stop: ["a", "b"] } }),
    asking({ settings: { stop: ["b", "a"] } }),
    asking({ settings: { extra: { temperature: 1 } } }),
    asking({ output: { name: "a", schema: {} } }),
    asking({ output: { name: "b", schema: {} } }),
    asking({ output: { name: "a", schema: { type: "object" } } }),
    // Fields that requests may have in future.
    asking({ tools: [{ name: "a" }] }),
    asking({ tools: [{ name: "b" }] }),
  ];
  const keys = requests.map((request) => requestKey(provider, request));
  assertEquals(new Set(keys).size, requests.length);
  assert(!keys.includes(undefined));
});

Deno.test("requestKey: distinguishes values that look alike", () => {
  const values = [
    ...[1, "1", true, "true", false, 0, "0", null, "null", "", [], {}, "[]", "{}"],
    ...[[[1], 2], [1, [2]], [[1, 2]], [1, 2], [12], ["1,2"], [null], [[]], [{}]],
    ...[{ a: 1 }, { a: "1" }, { a: [1] }, { a: null }, { a: { b: 1 } }, { "a:b": 1 }, { A: 1 }],
    ...[{ '"a":1,"b"': 2 }, { a: 1, b: 2 }, { __proto__: null, a: 1, c: 2 }],
    ...[1e21, 1e-7, 0.1, 0.1 + 0.2, 0.3, Number.MAX_VALUE, 2 ** 53, -1],
    // Composed and decomposed letters, lone surrogates, and the replacement character.
    ...["é", "e\u0301", "\ud83d\ude00", "\ud83d", "\ude00", "\ude00\ud83d", "\ufffd", "\\ud83d"],
    ...["\0", "\u2028", "\n", "\\n", "a\u200bb", "ab"],
    JSON.parse('{"__proto__": 1}'),
    JSON.parse('{"__proto__": {"a": 1}}'),
    JSON.parse('{"constructor": 1, "toString": 2, "hasOwnProperty": 3}'),
    JSON.parse('{"toJSON": 1}'),
  ];
  assertEquals(different(values), values.length);
});

Deno.test("requestKey: is undefined for values that JSON cannot represent", () => {
  const circle: Record<string, unknown> = {};
  circle.a = [{ circle }];
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  class Message {
    #content = "hello";
    role = "user";
    get content() {
      return this.#content;
    }
  }
  const values = [
    () => {},
    Symbol("x"),
    10n,
    NaN,
    Infinity,
    new Map([[1, 2]]),
    new Set([1]),
    new WeakMap(),
    /x/,
    new Error("x"),
    Promise.resolve(),
    new Uint8Array(2),
    new ArrayBuffer(2),
    new String("x"),
    new Message(),
    Object.create({ inherited: 1 }),
    new Date(NaN),
    [undefined],
    // deno-lint-ignore no-sparse-arrays
    [1, , 2],
    circle,
    revoked.proxy,
    { toJSON: () => "x" },
    Object.assign(new Date(), { more: 1 }),
    {
      get x() {
        throw new Error("not now");
      },
    },
    new (class {
      toJSON() {
        throw new Error("not now");
      }
    })(),
    // Its text omits a property.
    new (class {
      password = "secret";
      toJSON() {
        return "hidden";
      }
    })(),
    // Its JSON is no text.
    new (class {
      toJSON() {
        return { a: 1 };
      }
    })(),
  ];
  for (const [i, value] of values.entries()) {
    assertEquals(keyOfExtra({ value }), undefined, `value ${i}`);
    assertEquals(keyOfExtra({ deep: [[{ value }]] }), undefined, `value ${i}`);
  }
  let deep: unknown = 1;
  for (let i = 0; i < 200_000; i++) deep = [deep];
  assertEquals(keyOfExtra({ deep }), undefined);
});

Deno.test("requestKey: detects a cycle where it closes", () => {
  let reads = 0;
  const circle: Record<string, unknown> = {
    get large() {
      reads++;
      return [];
    },
  };
  circle.more = [{ circle }];
  assertEquals(keyOfExtra(circle), undefined);
  assertEquals(reads, 1);
});

Deno.test("requestKey: covers a prompt of 5 MB to its last letter", () => {
  const long = "ä".repeat(2_500_000);
  const keys = ["", "a", "b"].map((end) =>
    requestKey(provider, asking({ messages: [{ role: "user", content: long + end }] }))
  );
  assertEquals(new Set(keys).size, 3);
});

Deno.test("requestKey: providers share keys only if they have the same id", async () => {
  const request = asking();
  // Another instance of the module stands for another process.
  // Bun ignores the query of a URL, but not that of a path.
  const path = "../../src/cache/request_key.ts?elsewhere";
  const elsewhere: typeof requestKey = (await import(path)).requestKey;
  assert(elsewhere !== requestKey);

  for (const [a, b] of [[answering("x"), answering("x")], [provider, provider]] as const) {
    assertEquals(requestKey(a, request), requestKey(b, request));
    assertEquals(requestKey(a, request), elsewhere(b, request));
  }
  // The name does not count.
  assertEquals(
    requestKey(answering("x", "one"), request),
    requestKey(answering("x", "two"), request),
  );
  assertNotEquals(requestKey(answering("x"), request), requestKey(answering("y"), request));

  for (const id of [undefined, ""]) {
    const alone = answering(id);
    assertEquals(requestKey(alone, request), requestKey(alone, request));
    assertNotEquals(requestKey(alone, request), requestKey(answering(id), request));
    assertNotEquals(requestKey(alone, request), elsewhere(alone, request));
    assertNotEquals(requestKey(alone, request), requestKey(answering("p"), request));
  }
});

Deno.test("requestKey: exists for the requests of agents, typed answers included", async () => {
  const keys: (string | undefined)[] = [];
  const asked = handmade({
    generate(request) {
      keys.push(requestKey(provider, request));
      return Promise.resolve(reply('{"at":"now","list":[]}'));
    },
  });
  const options = { name: "a", model: "m", provider: asked };
  const output = z.object({
    at: z.string().describe("When"),
    list: z.array(z.union([z.literal("x"), z.object({ n: z.number().int().optional() })])),
  });
  await defineAgent({ ...options, prompt: "{x}" }).call({ x: "1" });
  await defineAgent({ ...options, prompt: "{x}", output }).call({ x: "1" });
  await defineAgent({
    ...options,
    prompt: "{x}",
    system: "s",
    temperature: 0,
    output: z.toJSONSchema(output),
  })
    .call({ x: "1" }, { extra: { user: "u" }, stop: ["."] });
  assertEquals(new Set(keys).size, 3);
  assert(!keys.includes(undefined));
});

/** Returns the same JSON with the names of every object in another order. */
function shuffled(value: unknown, turn: number): unknown {
  if (Array.isArray(value)) return value.map((member) => shuffled(member, turn));
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value);
  const from = turn % (members.length || 1);
  const turned = [...members.slice(from), ...members.slice(0, from)].reverse();
  return Object.fromEntries(turned.map(([name, member]) => [name, shuffled(member, turn + 1)]));
}

/** Whether two values are the same JSON. Does not use the tested code. */
function same(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].every((name) =>
    Object.hasOwn(a, name) && Object.hasOwn(b, name) &&
    same((a as Record<string, unknown>)[name], (b as Record<string, unknown>)[name])
  );
}

/** Returns copies of the value, each with one change. */
function changes(value: unknown): unknown[] {
  const own = [
    null,
    true,
    "",
    "a",
    0,
    1,
    [],
    [value],
    {},
    { a: value },
    `${JSON.stringify(value)}`,
  ];
  if (Array.isArray(value)) {
    const inner = value.flatMap((member, i) => changes(member).map((to) => value.with(i, to)));
    const fewer = value.map((_, i) => value.toSpliced(i, 1));
    return [...own, ...inner, ...fewer, value.toReversed(), [...value, null]];
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value);
    const inner = members.flatMap(([name, member], i) => [
      ...changes(member).map((to) => Object.fromEntries(members.with(i, [name, to]))),
      Object.fromEntries(members.with(i, [name + "a", member])),
    ]);
    const fewer = members.map((_, i) => Object.fromEntries(members.toSpliced(i, 1)));
    return [...own, ...inner, ...fewer, { ...value, "": null }];
  }
  return typeof value === "string" ? [...own, value + "a", "a" + value, [...value]] : own;
}

const json = fc.jsonValue({ maxDepth: 4, stringUnit: "binary" });

Deno.test("requestKey: does not depend on the order of property names", () => {
  fc.assert(fc.property(json, fc.nat(10), (value, turn) => {
    const other = shuffled(value, turn);
    assert(same(value, other));
    assertEquals(keyOfExtra({ value: other }), keyOfExtra({ value }));
  }));
});

Deno.test("requestKey: changes with any change of the request", () => {
  fc.assert(
    fc.property(json, json, (value, another) => {
      const key = keyOfExtra({ value });
      assert(key !== undefined);
      for (const other of [another, ...changes(value)]) {
        assertEquals(keyOfExtra({ value: other }) === key, same(value, other));
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("requestKey: never throws", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withObjectString: true,
    withSparseArray: true,
    withTypedArray: true,
    withUnicodeString: true,
  });
  fc.assert(fc.property(anything, anything, (a, b) => {
    const keys = [a, b].map((value) => keyOfExtra({ value }));
    // If both have a key, the keys differ exactly if the JSON does.
    if (keys.includes(undefined)) return;
    const sent = [a, b].map((value) => JSON.parse(JSON.stringify({ value })));
    assertEquals(keys[0] === keys[1], same(sent[0], sent[1]));
  }));
});
