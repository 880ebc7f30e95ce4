/** Tests that random requests, some almost valid, get a response that is no internal error. */
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { z } from "zod";
import { echo, request, routes, TOKEN } from "./helpers.ts";

const typed = defineAgent({
  name: "typed",
  model: "m",
  params: z.object({ n: z.number(), list: z.array(z.string()).max(3) }),
  prompt: ({ n, list }: { n: number; list: string[] }) => `${n} ${list}`,
  provider: scripted("fine"),
});

const path = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("/echo", "/typed", "/echo/stream", "/typed/stream") },
  {
    weight: 5,
    arbitrary: fc.constantFrom("/batch", "/v1/chat/completions", "/v1/responses"),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "/",
      "/openapi.json",
      "/health",
      "/metrics",
      "/v1/models",
      "/v1/responses/x",
      "/batch/x",
    ),
  },
  { weight: 2, arbitrary: fc.webPath() },
  { weight: 1, arbitrary: fc.string().map((text) => `/${encodeURIComponent(text)}`) },
);
const method = fc.oneof(
  { weight: 8, arbitrary: fc.constant("POST") },
  { weight: 2, arbitrary: fc.constantFrom("GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD") },
);
const key = fc.constantFrom(
  "text",
  "n",
  "list",
  "calls",
  "agent",
  "params",
  "id",
  "concurrency",
  "model",
  "messages",
  "role",
  "content",
  "stream",
  "tools",
  "temperature",
  "stop",
  "input",
  "instructions",
  "text",
  "__proto__",
  "constructor",
  "toString",
);
const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", maxDepth: 5 },
    fc.oneof(
      fc.constantFrom("echo", "typed", "user", "system", "tool", "", "x"),
      fc.string(),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6 }),
  ),
}));
const batch = fc.record({
  calls: fc.array(
    fc.record({ agent: fc.constantFrom("echo", "typed", "nobody"), params: value }, {
      requiredKeys: [],
    }),
    { maxLength: 5 },
  ),
  concurrency: fc.oneof(fc.integer({ min: -1, max: 5 }), fc.double()),
}, { requiredKeys: [] });
const chat = fc.record({
  model: fc.constantFrom("echo", "typed", "nobody"),
  messages: fc.array(
    fc.record({ role: fc.constantFrom("user", "system", "tool", "x"), content: value }),
    { maxLength: 4 },
  ),
  stream: fc.oneof(fc.boolean(), value),
  temperature: value,
});
const item = fc.record({
  type: fc.constantFrom("message", "function_call", "function_call_output", "reasoning", "x"),
  role: fc.constantFrom("user", "assistant", "system", "x"),
  content: fc.oneof(
    value,
    fc.array(fc.record({ type: fc.constantFrom("input_text", "refusal", "x"), text: value })),
  ),
}, { requiredKeys: [] });
const response = fc.record({
  model: fc.constantFrom("echo", "typed", "nobody"),
  input: fc.oneof(fc.string(), fc.array(item, { maxLength: 4 }), value),
  stream: fc.oneof(fc.boolean(), value),
  text: value,
  reasoning: value,
}, { requiredKeys: ["model", "input"] });
const body = fc.oneof(
  fc.oneof(value, batch, chat, response).map((json) => JSON.stringify(json)),
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 200 }),
  fc.integer({ min: 1, max: 300 }).map((n) => "[".repeat(n) + "]".repeat(n)),
  fc.constant("x".repeat(5_000)),
  fc.constant(undefined),
);
const header = fc.string({
  unit: fc.integer({ min: 32, max: 126 }).map((c) => String.fromCharCode(c)),
});
const headers = fc.record({
  authorization: fc.oneof(
    { weight: 9, arbitrary: fc.constant(`Bearer ${TOKEN}`) },
    { weight: 1, arbitrary: header },
  ),
  "content-type": fc.oneof(
    { weight: 8, arbitrary: fc.constant("application/json") },
    { weight: 1, arbitrary: header },
  ),
  accept: fc.oneof(
    fc.constantFrom("*/*", "text/event-stream", "application/x-ndjson", "application/json;q=2,,;"),
    header,
  ),
  "last-event-id": header,
  "x-request-id": header,
  "content-length": fc.constantFrom("0", "-1", "1e9", "99999999", "x"),
}, { requiredKeys: [] });

/** The expected statuses: never that of an internal error or a failed call. */
const EXPECTED = new Set([200, 400, 401, 404, 405, 408, 410, 413, 415, 422, 429]);

Deno.test("answers 20,000 random requests without an internal error", async () => {
  const faults: unknown[] = [];
  const app = routes([echo().agent, typed], {
    limits: { maxBodyBytes: 4_000, resumeBytes: 1_000_000 },
    onError: (error) => faults.push(error),
  });
  const statuses = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(path, method, body, headers, async (path, method, body, headers) => {
      const bodyless = method === "GET" || method === "HEAD";
      const given = Object.fromEntries(Object.entries(headers).filter(([, v]) => v !== undefined));
      const request = new Request(`http://localhost${path}`, {
        method,
        headers: given as Record<string, string>,
        ...(!bodyless && body !== undefined && { body: body as BodyInit }),
      });
      const response = await app.request(request);
      const text = await response.text();
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
      assert(EXPECTED.has(response.status), `${response.status} ${text}`);
      assert(response.headers.get("x-content-type-options") === "nosniff");
      if (response.status >= 400 && method !== "HEAD") {
        const problem = JSON.parse(text);
        assertEquals([problem.status, typeof problem.code], [response.status, "string"]);
      }
    }),
    { numRuns: 20_000 },
  );
  assertEquals(faults, []);
  // All kinds of responses were reached.
  for (const status of [200, 400, 401, 404, 405, 413, 415, 422]) {
    assert((statuses.get(status) ?? 0) > 50, `${status}: ${statuses.get(status)}`);
  }
  assertEquals((await request(app, "/echo", { text: "x" })).json.content, "x");
  assert((await request(app, "/metrics")).text.includes("\nshoal_runs_in_flight 0\n"));
});
