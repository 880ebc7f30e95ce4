/** Tests the adapter for Node and the `fetch` export for Bun, both in Deno. */
import { assertEquals } from "@std/assert";
import { delay, echo, hanging, requestInit, routes, serveWithNode, waitUntil } from "../helpers.ts";

Deno.test("@hono/node-server: serves calls and streams, and detects disconnects", async () => {
  const { agent, aborted } = hanging();
  await using server = await serveWithNode(routes([echo().agent, agent]).fetch);
  const { url } = server;
  const one = await fetch(`${url}/echo`, requestInit({ text: "x" }));
  assertEquals((await one.json()).content, "x");
  const stream = await fetch(`${url}/echo/stream`, requestInit({ text: "x" }));
  assertEquals((await stream.text()).includes("event: result"), true);
  // Node detects disconnects for bodies of any size.
  for (const text of ["x", "x".repeat(10_000)]) {
    const before = aborted.length;
    const leaving = new AbortController();
    const call = fetch(`${url}/hanging`, { ...requestInit({ text }), signal: leaving.signal })
      .catch(() => {});
    await delay(100);
    leaving.abort();
    await call;
    await waitUntil(() => aborted.length === before + 1, "the call is aborted");
  }
});
