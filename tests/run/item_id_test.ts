import { configure, defineAgent, type Provider } from "@shoal/agents";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { ItemIds } from "../../src/run/item_id.ts";
import { configured } from "../helpers.ts";

const agent = defineAgent({ name: "a", model: "m", prompt: ({ x }: { x: unknown }) => String(x) });
const ids = new ItemIds(undefined);
const of = (x: unknown, options = {}) => ids.forCall([agent, { x }, options], 0);

Deno.test("item id: has 32 digits and is the same in any process and release", () => {
  // If this changes, all items of existing journals are processed and paid for again.
  const plain = defineAgent({ name: "a", model: "m", prompt: "{x}" });
  const id = ids.forCall([plain, { x: "hello", n: [1, null] } as never], 0);
  assertMatch(id, /^[0-9a-f]{32}$/);
  assertEquals(id, "eafa1e9218c12ab959eefe86a4ec9183");
});

Deno.test("item id: depends on the request, not on the index, retries or timeouts", () => {
  const id = of("hello");
  const call = [agent, { x: "hello" }] as const;
  const same = [
    ids.forCall(call, 7),
    ids.forCall([agent, { x: "hello", y: undefined } as never], 0),
    of("hello", { retries: 9, timeout: 1, metadata: { any: 1 }, priority: 3, skipCache: true }),
    of("hello", { model: "m" }),
    new ItemIds(undefined).forCall(call, 0),
    ids.forCall([agent.with({ retries: 0 }), { x: "hello" }], 0),
  ];
  for (const other of same) assertEquals(other, id);
  assertEquals(of({ b: 1, a: { d: 1, c: 2 } }), of({ a: { c: 2, d: 1 }, b: 1 }));
});

Deno.test("item id: depends on agent, parameters, key, version and options of the call", () => {
  const message = { role: "user", content: "before" };
  const all = [
    of("hello"),
    of("Hello"),
    of("hello", { key: "row 1" }),
    of("hello", { key: "row 2" }),
    of("hello", { model: "n" }),
    of("hello", { temperature: 0 }),
    of("hello", { temperature: 1 }),
    of("hello", { messages: [message] }),
    of("hello", { maxSteps: 2 }),
    new ItemIds("2").forCall([agent, { x: "hello" }], 0),
    ids.forCall([agent.with({ name: "b" }), { x: "hello" }], 0),
    ids.forCall([agent.with({ system: "Be brief." }), { x: "hello" }], 0),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("item id: includes the configured model if the agent has none", () => {
  const open = defineAgent({ name: "a", prompt: "{x}" });
  const id = () => ids.forCall([open, { x: "hello" }], 0);
  using _ = configured({ model: "one" });
  const one = id();
  configure({ model: "two" });
  const two = id();
  assertEquals([one === two, ids.forCall([open, { x: "hello" }, { model: "one" }], 0) === one], [
    false,
    true,
  ]);
});

Deno.test("item id: distinguishes values that JSON cannot represent", () => {
  class Row {
    constructor(readonly n: number) {}
  }
  const values = [
    undefined,
    null,
    0,
    "",
    false,
    "undefined",
    NaN,
    Infinity,
    -Infinity,
    "NaN",
    1n,
    1,
    "1",
    2n,
    new Date(1),
    new Date(2),
    new Date(1).toJSON(),
    new URL("https://a.example"),
    new Uint8Array([1, 2]),
    new Uint8Array([1, 3]),
    new Uint8Array([1, 2]).buffer.slice(0, 1),
    [1, 2],
    [undefined],
    [null],
    [],
    {},
    new Map([[1, 2]]),
    new Map([[2, 1]]),
    new Set([1]),
    new Row(1),
    new Row(2),
    { a: new Uint8Array([1]) },
    { a: new Uint8Array([2]) },
  ];
  // An instance counts as its members; `{ x: undefined }` and `{}` are the same request.
  assertEquals(new Set(values.map((value) => of(value))).size, values.length);
  assertEquals(of(new Row(1)), of({ n: 1 }));
  assertEquals(of(new Uint8Array([9, 1, 2]).subarray(1)), of(new Uint8Array([1, 2])));
});

Deno.test("item id: differs for any two different values", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    const [one, two] = [a, b].map((value) => JSON.stringify(value));
    // JSON writes -0 as 0.
    if (one === two) assertEquals(of(JSON.parse(one!)), of(JSON.parse(two!)));
    else if (!same(a, b)) assertEquals(of(a) === of(b), false);
  }));
});

/** Whether two values are equal, regardless of the order of properties. */
function same(a: unknown, b: unknown): boolean {
  try {
    assertEquals(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
    return true;
  } catch {
    return false;
  }
}

Deno.test("item id: opaque values need a key", () => {
  const opaque = [() => {}, Symbol("x"), new Blob(["a"]), new WeakMap(), /x/, Promise.resolve()];
  for (const value of opaque) {
    assertThrows(
      () => of(value),
      TypeError,
      "Cannot record call 0 in the journal as its input must be plain data, unless it has a `key`",
    );
    assertEquals(of(value, { key: "1" }) === of(value, { key: "2" }), false);
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assertThrows(() => of(circle), TypeError, "plain data");
});

Deno.test("item id: of the items of each", () => {
  const one = ids.forItem({ row: 1 }, undefined, 0);
  assertEquals(ids.forItem({ row: 1 }, undefined, 5), one);
  const others = [
    ids.forItem({ row: 2 }, undefined, 0),
    ids.forItem({ row: 1 }, "1", 0),
    ids.forItem(null, undefined, 0),
    new ItemIds("2").forItem({ row: 1 }, undefined, 0),
  ];
  assertEquals(new Set([one, ...others]).size, 5);
  // Only the key counts.
  assertEquals(ids.forItem({ row: 2 }, "1", 0), ids.forItem({ row: 1 }, "1", 0));
});

Deno.test("item id: includes neither the provider nor its API key", () => {
  const provider = (account: string) => ({ name: "p", account, generate() {}, async *stream() {} });
  const id = (account: string) =>
    ids.forCall([agent.with({ provider: provider(account) as never as Provider }), { x: 1 }], 0);
  assertEquals(id("sk-one"), id("sk-two"));
});
