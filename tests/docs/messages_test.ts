/** Tests how messages and codes are found in sources. */
import { assertEquals } from "@std/assert";
import { codesIn, messagesIn } from "./messages.ts";

function textsIn(source: string): readonly string[] {
  return messagesIn("a.ts", source).map(({ text }) => text);
}

Deno.test("joined texts are one message, with a hole for each expression", () => {
  assertEquals(
    textsIn('throw new CliError(`Cannot read ${path} as ` + "it is a " + kind + ": name a file");'),
    ["Cannot read … as it is a …: name a file"],
  );
});

Deno.test("texts within a hole are messages of their own", () => {
  assertEquals(
    textsIn('log(`stopped: ${isLate ? "it took too long" : `the server sent ${status} twice`}`);'),
    ["stopped: …", "it took too long", "the server sent … twice"],
  );
});

Deno.test("finds texts in constants, members and default values", () => {
  assertEquals(
    textsIn(
      'const A = "one two three"; const B = { c: "four five six" }; ' +
        'function f(text = "seven eight nine") {}',
    ),
    ["one two three", "four five six", "seven eight nine"],
  );
});

Deno.test("texts for the help, of comparisons and of a word or two are no messages", () => {
  assertEquals(
    textsIn(
      'import a from "one two three"; type T = "one two three"; ' +
        'new Command("x").description("one two three").option("-a", "one two three", f); ' +
        'text.replace("one two three", "one two three"); text.includes("one two three"); ' +
        'print("two words"); print("\\nExamples: one two three"); import("./one two three.ts");',
    ),
    [],
  );
});

Deno.test("a text of few words is a message if it begins with Cannot or ends with a reason", () => {
  assertEquals(textsIn("f(`Cannot write`); f(`missing: ${flags}`); f(`${a}: ${b}`);"), [
    "Cannot write",
    "missing: …",
  ]);
});

Deno.test("functions within the calls of the help have messages", () => {
  assertEquals(
    textsIn('command.option("-a", "one two three", (text) => fail("It must be a number."));'),
    ["It must be a number."],
  );
});

Deno.test("finds the members of unions that are named like ErrorCode", () => {
  const source = 'export type ACode = "a" | "b"; type BCode = ACode | "c"; type Other = "d";';
  assertEquals([...codesIn("a.ts", source)], [["ACode", ["a", "b"]], ["BCode", ["c"]]]);
});
