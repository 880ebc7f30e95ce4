import { defineAgent, inScope, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";
import { serve } from "../serve.ts";

// The first call of the process loads the price list, which must not keep the context of the scope.
Deno.test("a scope's context ends with the scope: first call of the process", () =>
  scope({ concurrency: 1 }, async () => {
    const Echo = defineAgent({
      name: "echo",
      model: "m",
      prompt: "{text}",
      provider: scripted("hi"),
    });
    await Echo.call({ text: "a" });
    assertEquals(inScope(), true);
  }));

Deno.test("a scope's context ends with the scope: later calls", async () => {
  assertEquals(inScope(), false);
  await using server = serve(() => Response.json(inScope()));
  const response = await fetch(server.url);
  assertEquals(await response.json(), false);
});
