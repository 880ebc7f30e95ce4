/** Tests of the definition of a tool. */
import { configure, defineAgent, defineTool } from "@shoal/agents";
import { assertEquals, assertThrows } from "@std/assert";
import { type } from "arktype";
import { z } from "zod";

const run = () => 1;
const right = { name: "add", input: z.object({ a: z.number() }), run };

Deno.test("defineTool: rejects invalid options", () => {
  const cases: [options: unknown, message: string][] = [
    [undefined, "Cannot make a tool as its options must be an object"],
    [{}, "Cannot make a tool as name must be a text"],
    [{ ...right, name: "add two" }, "name must be at most 64 letters, digits"],
    [{ ...right, name: "a".repeat(65) }, "name must be at most 64"],
    [{ ...right, name: "ä" }, "name must be at most 64"],
    [{ ...right, description: "" }, 'Cannot make the tool "add" as description must be a text'],
    [{ ...right, run: undefined }, "run must be a function"],
    [{ ...right, timeout: 0 }, "timeout must be a positive number of milliseconds"],
    [{ ...right, input: undefined }, "input must be a Standard Schema or a JSON Schema"],
    [{ ...right, input: "text" }, "input must be a Standard Schema or a JSON Schema"],
    [{ ...right, input: z.string() }, "input must be the schema of an object"],
    [{ ...right, input: { type: "array" } }, "input must be the schema of an object"],
    [{ ...right, input: z.object({ a: z.date() }) }, "its input schema has no JSON Schema"],
    [{ ...right, inputs: {} }, 'no option "inputs": did you mean "input"?'],
  ];
  for (const [options, message] of cases) {
    assertThrows(() => defineTool(options as never), Error, message);
  }
});

Deno.test("defineTool: exposes what the model receives", () => {
  const Add = defineTool({ ...right, description: "Adds.", timeout: 5 });
  assertEquals([Add.name, Add.description, Add.timeout], ["add", "Adds.", 5]);
  assertEquals(Add.parameters.properties, { a: { type: "number" } });
  assertEquals("$schema" in Add.parameters, false);
  const json = { type: "object", properties: { x: { type: "string" } } };
  assertEquals(defineTool({ name: "j", input: json, run }).parameters, json);
  const ark = defineTool({ name: "ark", input: type({ city: "string" }), run });
  assertEquals(ark.parameters.required, ["city"]);
});

Deno.test("tools: accepts tools, each name once", () => {
  const Add = defineTool(right);
  const base = { name: "a", model: "m", prompt: "x" };
  const cases: [tools: unknown, message: string][] = [
    [Add, "tools must be a list of tools"],
    [[Add, { ...right }], "tools[1] must be made by defineTool() or by an agent's asTool()"],
    [[Add, defineTool({ ...right })], 'tools has two tools named "add"'],
  ];
  for (const [tools, message] of cases) {
    assertThrows(() => defineAgent({ ...base, tools } as never), TypeError, message);
    assertThrows(() => defineAgent(base).with({ tools } as never), TypeError, message);
  }
  assertThrows(() => defineAgent({ ...base, maxSteps: 0 }), RangeError, "maxSteps must be");
  assertThrows(() => defineAgent({ ...base, toolConcurrency: 0.5 }), RangeError, "toolConcurrency");
  assertThrows(() => configure({ maxSteps: 1 } as never), TypeError, "maxSteps");
});
