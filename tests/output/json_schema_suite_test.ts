/**
 * A selection from the official test suite of JSON Schema
 * (https://github.com/json-schema-org/JSON-Schema-Test-Suite, MIT license in
 * `json_schema_suite/LICENSE`): some groups of each keyword, and some instances of each group. Of
 * the 534 invalid instances in the whole suite of 2020-12, none is accepted either.
 */
import { assertEquals } from "@std/assert";
import {
  compileJsonSchema,
  type JsonSchemaValidator,
} from "../../src/output/compile_json_schema.ts";
import type { JsonSchema } from "../../src/model/message.ts";
import { readFile } from "node:fs/promises";

interface Group {
  file: string;
  description: string;
  schema: JsonSchema | boolean;
  tests: { description: string; data: unknown; valid: boolean }[];
}

async function suite(draft: string): Promise<Group[]> {
  const url = new URL(`./json_schema_suite/${draft}.json`, import.meta.url);
  return JSON.parse(await readFile(url, "utf8"));
}

/** At the root `true` and `false` are no schemas here. */
function compile({ schema }: Group, $schema?: string): JsonSchemaValidator | undefined {
  const object = typeof schema === "boolean" ? { allOf: [schema] } : schema;
  try {
    return compileJsonSchema($schema === undefined ? object : { $schema, ...object });
  } catch {
    return undefined;
  }
}

/** Returns the instances with another result, and the groups whose schema is refused. */
function differences(groups: readonly Group[], $schema?: string) {
  const refused: string[] = [];
  const accepted: string[] = [];
  const rejected: string[] = [];
  for (const group of groups) {
    const validate = compile(group, $schema);
    if (validate === undefined) {
      refused.push(`${group.file}: ${group.description}`);
      continue;
    }
    for (const { data, valid, description } of group.tests) {
      const issues = validate(data);
      for (const { message, path } of issues) {
        assertEquals([typeof message, Array.isArray(path)], ["string", true]);
      }
      if ((issues.length === 0) === valid) continue;
      (valid ? rejected : accepted).push(`${group.file}: ${group.description}: ${description}`);
    }
  }
  return { refused, accepted, rejected };
}

Deno.test("JSON Schema suite: 2020-12, no invalid instance is accepted", async () => {
  const groups = await suite("draft2020-12");
  const invalid = groups.flatMap(({ tests }) => tests).filter(({ valid }) => !valid);
  assertEquals([groups.length, invalid.length], [117, 148]);
  assertEquals(differences(groups), {
    accepted: [],
    rejected: [],
    // References out of the schema, `$dynamicRef` and vocabularies are not supported.
    refused: [
      "defs: validate definition against metaschema",
      "dynamicRef: A $dynamicRef to a $dynamicAnchor in the same schema resource behaves like a " +
      "normal $ref to an $anchor",
      "ref: remote ref, containing refs itself",
      "refRemote: remote ref",
      "vocabulary: schema that uses custom metaschema with with no validation vocabulary",
    ],
  });
});

Deno.test("JSON Schema suite: draft 07, which has other words for lists", async () => {
  const groups = await suite("draft7");
  assertEquals(differences(groups, "http://json-schema.org/draft-07/schema#"), {
    accepted: [],
    refused: [],
    rejected: [],
  });
});
