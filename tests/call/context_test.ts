import { defineAgent, inScope, scope } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assertEquals } from "@std/assert";

// The first call of the process loads the price list. What is loaded inside a scope must not take
// the scope's context out of it.
Deno.test("a scope's context ends with the scope: the first call", () =>
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

Deno.test("a scope's context ends with the scope: afterwards", async () => {
  assertEquals(inScope(), false);
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => Response.json(inScope()),
  );
  const response = await fetch(`http://127.0.0.1:${server.addr.port}`);
  assertEquals(await response.json(), false);
  await server.shutdown();
});
