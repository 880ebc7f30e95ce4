import { assertEquals } from "@std/assert";
import { circlesIn, moduleGraph } from "./module_graph.ts";

Deno.test("no files import each other in a circle, types included", async () => {
  const modules = await moduleGraph();
  const circles = circlesIn(new Map(modules.map(({ path, imports }) => [path, imports])))
    .map((circle) => circle.join(", "));
  assertEquals(circles, []);
});

Deno.test("finds circles of any length in a graph", () => {
  const graph = {
    a: ["b", "x"],
    b: ["c"],
    c: ["a", "d"],
    d: ["e"],
    e: ["d"],
    x: ["e"],
  };
  assertEquals(circlesIn(new Map(Object.entries(graph))), [["d", "e"], ["a", "b", "c"]]);
});
