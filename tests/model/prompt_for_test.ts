import { assert, assertEquals } from "@std/assert";
import { promptFor } from "../../src/model/prompt_for.ts";

Deno.test("promptFor: asks for JSON and includes the schema", () => {
  const schema = { type: "object", properties: { a: { type: "string", description: "{x}" } } };
  const prompt = promptFor({ name: "a", schema });
  // Servers with json_object require the word "JSON" in the prompt.
  assert(prompt.includes("JSON"));
  assertEquals(JSON.parse(prompt.slice(prompt.indexOf("\n"))), schema);
});
