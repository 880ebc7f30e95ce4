import { defineAgent, type Provider } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { readHeader } from "../../src/cli/rows/csv_header.ts";
import { checkOptions } from "../../src/model/check_options.ts";
import { closestName, listNames, shortName } from "../../src/model/names/closest_name.ts";

Deno.test("closestName: finds the nearest name, if there is one", () => {
  assertEquals(closestName("retires", ["timeout", "retries"]), "retries");
  assertEquals(closestName("a", []), undefined);
  assertEquals(closestName("a", ["b".repeat(1_000)]), undefined);
});

Deno.test("closestName: reads no more than 500 of the known names", () => {
  let read = 0;
  function* names() {
    for (;;) {
      read++;
      yield `name${read}`;
    }
  }
  assert(closestName("x".repeat(1_000_000), names())!.startsWith("name"));
  assertEquals(read, 500);
});

Deno.test("names: are short in messages", () => {
  assertEquals(shortName("a".repeat(80)), "a".repeat(80));
  assertEquals(shortName("a".repeat(81)), `${"a".repeat(80)}…`);
  assertEquals(listNames(["a", "b"]), "a, b");
  assert(listNames(Array(1_020).fill("a")).endsWith("a and 1,000 more"));
  const long = "x".repeat(1_000_000);
  const error = assertThrows(() => checkOptions("go", { [long]: 1 }, { a: () => {} }), TypeError);
  assert(error.message.length < 300, `${error.message.length} characters`);
});

Deno.test("names: 90,000 unknown parameters have a short message", async () => {
  const provider: Provider = scripted(["x"]);
  const A = defineAgent({ name: "a", model: "m", prompt: "{text}", provider });
  const params = Object.fromEntries(
    Array.from({ length: 90_000 }, (_, i) => [`${"p".repeat(40)}${i}`, 1]),
  );
  const error = await assertRejects(() => A.call(params as never), Error);
  assert(error.message.length < 500, `${error.message.length} characters`);
});

Deno.test("names: a header with one name 100,000 times has distinct columns", () => {
  const { names, warnings } = readHeader(Array(100_000).fill("a"));
  assertEquals(new Set(names).size, 100_000);
  assertEquals([names[0], names[1], names.at(-1)], ["a", "a_2", "a_100000"]);
  assert(warnings.join().length < 1_000);
});
