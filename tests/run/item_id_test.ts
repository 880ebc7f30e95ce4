import { configure, defineAgent, type Provider } from "@shoal/agents";
import { assertEquals, assertMatch, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Identities } from "../../src/run/item_id.ts";
import { configured } from "../helpers.ts";

const agent = defineAgent({ name: "a", model: "m", prompt: ({ x }: { x: unknown }) => String(x) });
const ids = new Identities(undefined);
const of = (x: unknown, options = {}) => ids.ofCall([agent, { x }, options], 0);

Deno.test("identity: 32 digits, the same in any process and release", () => {
  // If this fails, what journals hold is paid for once more: let there be a reason.
  const plain = defineAgent({ name: "a", model: "m", prompt: "{x}" });
  const id = ids.ofCall([plain, { x: "hello", n: [1, null] } as never], 0);
  assertMatch(id, /^[0-9a-f]{32}$/);
  assertEquals(id, "eafa1e9218c12ab959eefe86a4ec9183");
});

Deno.test("identity: what is asked decides, not its place, and not how a call survives", () => {
  const id = of("hello");
  const call = [agent, { x: "hello" }] as const;
  const same = [
    ids.ofCall(call, 7),
    ids.ofCall([agent, { x: "hello", y: undefined } as never], 0),
    of("hello", { retries: 9, timeout: 1, metadata: { any: 1 }, priority: 3, skipCache: true }),
    of("hello", { model: "m" }),
    new Identities(undefined).ofCall(call, 0),
    ids.ofCall([agent.with({ retries: 0 }), { x: "hello" }], 0),
  ];
  for (const other of same) assertEquals(other, id);
  assertEquals(of({ b: 1, a: { d: 1, c: 2 } }), of({ a: { c: 2, d: 1 }, b: 1 }));
});

Deno.test("identity: agent, definition, parameters, key, version and what the call asks otherwise", () => {
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
    new Identities("2").ofCall([agent, { x: "hello" }], 0),
    ids.ofCall([agent.with({ name: "b" }), { x: "hello" }], 0),
    ids.ofCall([agent.with({ system: "Be brief." }), { x: "hello" }], 0),
  ];
  assertEquals(new Set(all).size, all.length);
});

Deno.test("identity: the model of the process is part of it where the agent names none", () => {
  const open = defineAgent({ name: "a", prompt: "{x}" });
  const id = () => ids.ofCall([open, { x: "hello" }], 0);
  using _ = configured({ model: "one" });
  const one = id();
  configure({ model: "two" });
  const two = id();
  assertEquals([one === two, ids.ofCall([open, { x: "hello" }, { model: "one" }], 0) === one], [
    false,
    true,
  ]);
});

Deno.test("identity: values that JSON cannot say are told apart", () => {
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
  // A class is what its members are; `{ x: undefined }` and `{}` are the same question.
  assertEquals(new Set(values.map((value) => of(value))).size, values.length);
  assertEquals(of(new Row(1)), of({ n: 1 }));
  assertEquals(of(new Uint8Array([9, 1, 2]).subarray(1)), of(new Uint8Array([1, 2])));
});

Deno.test("identity: any two values that differ have different ones", () => {
  fc.assert(fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
    const [one, two] = [a, b].map((value) => JSON.stringify(value));
    // -0 is written as 0.
    if (one === two) assertEquals(of(JSON.parse(one!)), of(JSON.parse(two!)));
    else if (!same(a, b)) assertEquals(of(a) === of(b), false);
  }));
});

/** Whether two values are equal except for the order of names. */
function same(a: unknown, b: unknown): boolean {
  try {
    assertEquals(JSON.parse(JSON.stringify(a)), JSON.parse(JSON.stringify(b)));
    return true;
  } catch {
    return false;
  }
}

Deno.test("identity: what keeps to itself what it is needs a key", () => {
  const opaque = [() => {}, Symbol("x"), new Blob(["a"]), new WeakMap(), /x/, Promise.resolve()];
  for (const value of opaque) {
    assertThrows(
      () => of(value),
      TypeError,
      "Cannot record call 0 in the journal as what goes in must be plain data, or have a `key`",
    );
    assertEquals(of(value, { key: "1" }) === of(value, { key: "2" }), false);
  }
  const circle: Record<string, unknown> = {};
  circle.self = circle;
  assertThrows(() => of(circle), TypeError, "plain data");
});

Deno.test("identity: of items of each", () => {
  const one = ids.ofItem({ row: 1 }, undefined, 0);
  assertEquals(ids.ofItem({ row: 1 }, undefined, 5), one);
  const others = [
    ids.ofItem({ row: 2 }, undefined, 0),
    ids.ofItem({ row: 1 }, "1", 0),
    ids.ofItem(null, undefined, 0),
    new Identities("2").ofItem({ row: 1 }, undefined, 0),
  ];
  assertEquals(new Set([one, ...others]).size, 5);
  // By its key alone.
  assertEquals(ids.ofItem({ row: 2 }, "1", 0), ids.ofItem({ row: 1 }, "1", 0));
});

Deno.test("identity: neither the provider nor its key is part of it", () => {
  const provider = (account: string) => ({ name: "p", account, generate() {}, async *stream() {} });
  const id = (account: string) =>
    ids.ofCall([agent.with({ provider: provider(account) as never as Provider }), { x: 1 }], 0);
  assertEquals(id("sk-one"), id("sk-two"));
});
