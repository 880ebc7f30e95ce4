import { defineAgent } from "@shoal/agents";
import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  parseTemplate,
  type Placeholders,
  TemplateError,
} from "../../../src/call/options/template.ts";

function render(template: string, params: unknown): string {
  return parseTemplate(template).render(params);
}

Deno.test("template: fills in each placeholder at any position", () => {
  const cases: [template: string, params: Record<string, unknown>, text: string][] = [
    ["plain", {}, "plain"],
    ["", {}, ""],
    ["{a}", { a: "x" }, "x"],
    ["{a}{b}{a}", { a: 1, b: 2 }, "121"],
    ["<{_under1}>", { _under1: "x" }, "<x>"],
    ["{A} {a}", { A: "big", a: "small" }, "big small"],
    ["{größe} {数}", { größe: 1, 数: 2 }, "1 2"],
    ["{a}\n{b}", { a: "1\n", b: "2" }, "1\n\n2"],
  ];
  for (const [template, params, text] of cases) assertEquals(render(template, params), text);
});

Deno.test("template: accepts false, 0, '' and null as values", () => {
  assertEquals(
    render("[{a}|{b}|{c}|{d}|{e}]", { a: false, b: 0, c: "", d: null, e: 10n }),
    "[false|0||null|10]",
  );
});

Deno.test("template: doubled braces are literal braces", () => {
  const cases: [template: string, text: string][] = [
    ["{{a}}", "{a}"],
    ["{{{a}}}", "{1}"],
    ["{{ {a} }}", "{ 1 }"],
    ['{{"k": {{"v": {a}}}}}', '{"k": {"v": 1}}'],
    ["{{{{}}}}", "{{}}"],
    ["{{}}{{}}", "{}{}"],
  ];
  for (const [template, text] of cases) assertEquals(render(template, { a: 1 }), text);
});

Deno.test("template: leaves the braces of JSON unchanged", () => {
  for (
    const json of [
      '{"label": "good", "score": 1}',
      '{"a": {"b": {"c": []}}}',
      "{ }",
      "{}",
      "function f() { return {a: {b: 1}}; }",
      "{1} {a-b} { a } {🙂} {",
      "} }} }}} {x",
    ]
  ) {
    assertEquals(render(`Answer as ${json} for {text}`, { text: "x" }), `Answer as ${json} for x`);
  }
  assertEquals(
    render('{"user": {"name": "{n}", "n": {n}}}', { n: 1 }),
    '{"user": {"name": "1", "n": 1}}',
  );
});

Deno.test("template: rejects an unclosed doubled brace and reports its position", () => {
  const cases: [template: string, line: number, column: number][] = [
    ["{{", 1, 1],
    ["{{{{", 1, 1],
    ["{{name}", 1, 1],
    ["a {{b}} {{c", 1, 9],
    ['Answer as JSON:\n  {{"a": 1}', 2, 3],
    // The two braces at the end close the inner object and half of the outer one.
    ['{{"a": {"b": 1}}', 1, 1],
    // These belong to the objects, not to the brace before them.
    ['Write {{ first, as in {"a": {"b": 1}}', 1, 7],
    ["{{ :{ }}", 1, 1],
    ["}} {{", 1, 4],
    ["{{x}: 1}", 1, 1],
  ];
  for (const [template, line, column] of cases) {
    const error = assertThrows(() => parseTemplate(template, 'define the agent "a"'), TypeError);
    assertEquals(
      error.message,
      `Cannot define the agent "a" as prompt must close each "{{" with "}}": the one at line ` +
        `${line}, column ${column} is open. Write "{" for a single brace`,
    );
  }
  assertThrows(
    () => defineAgent({ name: "a", model: "m", prompt: "{{a" }),
    TypeError,
    'Cannot define the agent "a" as prompt must close each "{{"',
  );
});

Deno.test("template: a closing pair belongs to the last open brace", () => {
  const cases: [template: string, text: string][] = [
    ['{{"a": {"b": 1}}}', '{"a": {"b": 1}}'],
    ['{{"a": {"b": {"c": {x}}}}}', '{"a": {"b": {"c": 1}}}'],
    ['{"a": {"b": 1}} then {{x}}', '{"a": {"b": 1}} then {x}'],
    ["{{a}} }} {", "{a} }} {"],
    [":{ and {{x}}", ":{ and {x}"],
    ["{{ } }}", "{ } }"],
    ["}}", "}}"],
    ["{ x } {} {{}} {x}", "{ x } {} {} 1"],
  ];
  for (const [template, text] of cases) {
    assertEquals(render(template, { x: 1 }), text, template);
  }
});

/** Checks that the compiler requires exactly the names that the parser finds. */
function sameNames<const T extends string>(
  template: T,
  names: [Placeholders<T>] extends [never] ? Record<string, never> : { [N in Placeholders<T>]: 1 },
): void {
  assertEquals(parseTemplate(template).names.toSorted(), Object.keys(names).sort(), template);
}

Deno.test("template: the compiler reads the same names as the parser", () => {
  sameNames("", {});
  sameNames("{a} {b} {a}", { a: 1, b: 1 });
  sameNames("{{a}} {b}", { b: 1 });
  sameNames("{{{a}}}", { a: 1 });
  sameNames("{{{{a}}}}", {});
  sameNames("{{ {a} }}", { a: 1 });
  sameNames("{{}} }} {a}", { a: 1 });
  sameNames("}} {a} }", { a: 1 });
  sameNames("{ a } {} {1a} {a-b} {a.b} {…} {a", {});
  sameNames("{ {a} } {b {c} {d}}", { a: 1, c: 1, d: 1 });
  sameNames("{a{{b}}", {});
  sameNames('{"x": {a}, "y": {"z": {b}}}', { a: 1, b: 1 });
  sameNames('{{"x": {a}, "y": {"z": {b}}}}', { a: 1, b: 1 });
  sameNames("{größe_1}\n{数}", { größe_1: 1, 数: 1 });
  const never = () => {
    // @ts-expect-error the name is missing
    sameNames("{a}", {});
    // @ts-expect-error doubled braces have no names
    sameNames("{{a}}", { a: 1 });
  };
  assertEquals(typeof never, "function");
});

Deno.test("template: never parses a value as a template", () => {
  const params = { a: "{b} {{b}} $& $1 $$ \\1 }}", b: "secret" };
  assertEquals(render("{a}|{b}", params), `${params.a}|secret`);
});

Deno.test("template: inserts any string unchanged", () => {
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    assertEquals(render("1{a}2{b}3{a}", { a, b }), `1${a}2${b}3${a}`);
  }));
  fc.assert(
    fc.property(fc.array(fc.constantFrom("{a}", "$&", "{b}", "{{", "}}", "{", "}")), (all) => {
      const a = all.join("");
      assertEquals(render("<{a}{b}>", { a, b: a }), `<${a}${a}>`);
    }),
  );
});

Deno.test("template: leaves any JSON unchanged, and unescapes it if doubled", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "z", " ", "1") });
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      word,
      fc.integer(),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(word, tie("value"), { maxKeys: 3 }),
    ),
  })).value.map((value) => JSON.stringify(value));
  fc.assert(fc.property(json, (text) => {
    assertEquals(render(text + "{x}", { x: "" }), text);
    const doubled = text.replaceAll("{", "{{").replaceAll("}", "}}");
    assertEquals(render(`${doubled} {x}`, { x: text }), `${text} ${text}`);
  }));
});

Deno.test("template: lists each name once", () => {
  assertEquals(parseTemplate("{b} {a} {b} {{c}} {d e}").names, ["b", "a"]);
});

Deno.test("template: reports a missing parameter by name with the nearest one", () => {
  const cases: [params: unknown, message: string][] = [
    [undefined, 'parameter "input" is missing: no parameters were given'],
    [null, 'parameter "input" is missing: no parameters were given'],
    ["text", 'parameter "input" is missing: no parameters were given'],
    [{}, 'parameter "input" is missing: no parameters were given'],
    [{ inptu: "x" }, 'parameter "input" is missing: did you mean it instead of "inptu"?'],
    [{ kind: "x" }, 'parameter "input" is missing'],
    [{ input: undefined }, 'parameter "input" is missing'],
    [{ kind: 1, zzz: 2 }, 'parameter "input" is missing: did you mean it instead of "zzz"?'],
  ];
  for (const [params, message] of cases) {
    const error = assertThrows(() => render("{input} {kind}", params), TemplateError);
    assertEquals(error.message, message);
  }
});

Deno.test("template: rejects inherited names of objects as parameters", () => {
  for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty"]) {
    assertThrows(() => render(`{${name}}`, { a: 1 }), TemplateError, "is missing");
  }
});

Deno.test("template: rejects values that are not text without printing them", () => {
  const cases: [value: unknown, kind: string][] = [
    [{ secret: "s3cret" }, "an object"],
    [["s3cret"], "an array"],
    [() => "s3cret", "a function"],
    [Symbol("s3cret"), "a symbol"],
    [new Date(), "an object"],
  ];
  for (const [a, kind] of cases) {
    const error = assertThrows(() => render("{a}", { a }), TemplateError);
    assertStringIncludes(error.message, `but is ${kind}: convert it to a text first`);
    assertEquals(error.message.includes("s3cret"), false);
  }
});

Deno.test("template: ignores parameters without a placeholder", () => {
  assertEquals(render("{a}", { a: 1, b: { any: "thing" }, c: undefined }), "1");
});
