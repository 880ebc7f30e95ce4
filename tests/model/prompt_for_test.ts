import { assert, assertEquals } from "@std/assert";
import { promptFor } from "../../src/model/prompt_for.ts";

Deno.test("promptFor: asks for JSON, in that word, and gives the schema", () => {
  const schema = { type: "object", properties: { a: { type: "string", description: "{x}" } } };
  const prompt = promptFor({ name: "a", schema });
  // Servers that know json_object want to see the word.
  assert(prompt.includes("JSON"));
  assertEquals(JSON.parse(prompt.slice(prompt.indexOf("\n"))), schema);
});
