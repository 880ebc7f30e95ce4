import { defineAgent, defineParallel } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { Validator } from "@seriousme/openapi-schema-validator";
import { assert, assertEquals } from "@std/assert";
import { type } from "arktype";
import { z } from "zod";
import { echo, request, routes } from "./helpers.ts";

interface Node {
  value: string;
  children: Node[];
}
const Tree: z.ZodType<Node> = z.lazy(() =>
  z.object({ value: z.string(), children: z.array(Tree) })
);

function agents() {
  const provider = scripted("{}");
  const recursive = defineAgent({
    name: "tree",
    description: "Looks at a tree.",
    model: "m",
    params: z.object({ tree: Tree, note: z.string().optional() }),
    prompt: ({ tree }: { tree: Node }) => tree.value,
    output: z.object({ depth: z.int().min(0) }),
    provider,
  });
  const ark = defineAgent({
    name: "ark",
    model: "m",
    params: type({ n: "number" }),
    prompt: ({ n }: { n: number }) => `${n}`,
    output: {
      type: "object",
      properties: { x: { $ref: "#/$defs/x" } },
      $defs: { x: { type: "number" } },
    },
    provider,
  });
  const unknown = defineAgent({ name: "any thing/ä", run: () => 1 });
  const echoes = [echo().agent, echo("e.cho").agent, echo("e/cho").agent];
  const both = defineParallel({ name: "both", branches: { echo: echoes[0]!, recursive } });
  return [...echoes, recursive, ark, unknown, both];
}

Deno.test("the document is valid OpenAPI 3.1 and all its references resolve", async () => {
  const app = routes(agents(), { info: { title: "Reviews", version: "2.0.0", description: "…" } });
  const { json } = await request(app, "/openapi.json");
  const validator = new Validator();
  const { valid, errors } = await validator.validate(structuredClone(json));
  assert(valid, JSON.stringify(errors));
  assertEquals([validator.version, json.info.title], ["3.1", "Reviews"]);
  let references = 0;
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, child] of Object.entries(value)) {
      if (key === "$ref" && typeof child === "string") {
        references++;
        let at: unknown = json;
        for (const part of child.replace("#/", "").split("/")) {
          at = (at as Record<string, unknown> | undefined)?.[part];
        }
        assert(at !== undefined, child);
      } else visit(child);
    }
  };
  visit(json);
  assert(references > 50);
  assertEquals(new Set(operationIds(json)).size, operationIds(json).length);
});

function operationIds(
  document: { paths: Record<string, Record<string, { operationId: string }>> },
) {
  return Object.values(document.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId)
  );
}

Deno.test("describes the route, the parameters and the output of each agent", async () => {
  const { json } = await request(routes(agents()), "/openapi.json");
  const { schemas } = json.components;
  const paths = Object.keys(json.paths);
  for (const path of ["/echo", "/echo/stream", "/tree", "/both", "/any%20thing%2F%C3%A4"]) {
    assert(paths.includes(path), path);
  }
  assertEquals(schemas["echo.params"].required, ["text"]);
  assertEquals(schemas["tree.params"].required, ["tree"]);
  assertEquals(schemas["tree.content"].properties.depth.minimum, 0);
  assertEquals(schemas["ark.content"].properties.x, {
    $ref: "#/components/schemas/ark.content/$defs/x",
  });
  assertEquals(json.paths["/tree"].post.summary, "Looks at a tree.");
  assert("e.cho.params" in schemas && "e_cho.params" in schemas);
});

Deno.test("describes the OpenAI routes", async () => {
  const { json } = await request(routes(agents()), "/openapi.json");
  const operation = (path: string, method: string) => json.paths[path][method];
  for (const path of ["/v1/chat/completions", "/v1/responses"]) {
    const { requestBody, responses } = operation(path, "post");
    const { required } = requestBody.content["application/json"].schema;
    assertEquals(required, ["model", path === "/v1/responses" ? "input" : "messages"]);
    const types = Object.keys(responses["200"].content);
    assertEquals(types, ["application/json", "text/event-stream"]);
  }
  const { parameters, responses } = operation("/v1/models/{id}", "get");
  assertEquals([parameters[0].name, Object.keys(responses)], ["id", ["200", "404"]]);
});

Deno.test("the list of agents has the same schemas", async () => {
  const { json } = await request(routes(agents()), "/");
  const byName = Object.fromEntries(json.agents.map((one: { name: string }) => [one.name, one]));
  assertEquals(byName.echo.output, { type: "string" });
  assertEquals(byName.tree.output.properties.depth.type, "integer");
  assertEquals([byName.both.kind, byName.tree.kind], ["workflow", "agent"]);
  assertEquals(byName.both.params.required.toSorted(), ["text", "tree"]);
  assertEquals("params" in byName["any thing/ä"], false);
});
