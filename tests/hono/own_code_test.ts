/** Tests that failures of the server's own code reach `onError`, and never the client. */
import { AgentError, defineAgent, defineParallel, definePipeline, defineTool } from "@shoal/agents";
import type { AgentRoutesOptions, FailedRequest } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { z } from "zod";
import { collect, echo, readEvents, request, requestInit, routes } from "./helpers.ts";

const SECRET = "s3cret text of the server";
const boom = new TypeError(SECRET);
const throws = (): never => {
  throw boom;
};
const base = { model: "m", provider: scripted("x"), retries: 0 };

/** Agents of which some code of the user throws. */
const FAILING = [
  defineAgent({ ...base, name: "prompt", prompt: throws }),
  defineAgent({ ...base, name: "async-prompt", prompt: () => Promise.reject(boom) }),
  defineAgent({ ...base, name: "params", prompt: "x", params: z.object({}).transform(throws) }),
  defineAgent({ ...base, name: "hook", prompt: "x", hooks: { before: throws } }),
  defineAgent({ ...base, name: "after", prompt: "x", hooks: { after: throws } }),
  defineAgent({ name: "run", run: throws }),
  defineAgent({
    ...base,
    provider: scripted('"x"'),
    name: "output",
    prompt: "x",
    output: z.string().transform(throws),
  }),
  defineParallel({ name: "aggregate", branches: { one: echo().agent }, aggregate: throws }),
  defineParallel({ name: "input", branches: { one: { agent: echo().agent, input: throws } } }),
  definePipeline({ name: "step", steps: [{ agent: echo().agent, params: throws }] }),
] as const;

/** The routes, and what their `onError` has received. */
function setUp(options: Partial<AgentRoutesOptions> = {}) {
  const reported: { readonly error: unknown; readonly request: FailedRequest }[] = [];
  const app = routes([...FAILING, echo().agent], {
    onError: (error, request) => void reported.push({ error, request }),
    ...options,
  });
  return { app, reported };
}

/** Checks that the only report has what was thrown as its cause, and empties the reports. */
function assertReported(reported: { error: unknown; request: FailedRequest }[], path: string) {
  assertEquals(reported.length, 1, path);
  const [{ error, request }] = reported.splice(0) as [typeof reported[0]];
  assert(error instanceof AgentError, String(error));
  let cause: unknown = error;
  while (cause instanceof AgentError) cause = cause.cause;
  assertStrictEquals(cause, boom);
  assert(error.message.includes(SECRET));
  assertEquals([request.method, request.path], ["POST", path]);
}

Deno.test("own code that throws is a 500, reported with its cause", async () => {
  const { app, reported } = setUp();
  for (const { name } of FAILING) {
    const { status, json, text } = await request(app, `/${name}`, { text: "a" });
    assertEquals([status, json.code], [500, "tool"], name);
    assertEquals(text.includes(SECRET), false, name);
    assertReported(reported, `/${name}`);
  }
});

Deno.test("streams, batches and the OpenAI routes report it, too", async () => {
  const { app, reported } = setUp();
  for (const { name } of FAILING) {
    const stream = await app.request(`/${name}/stream`, requestInit({ text: "a" }));
    assertEquals((await stream.text()).includes(SECRET), false, name);
    assertReported(reported, `/${name}/stream`);
    const calls = [{ agent: name, params: { text: "a" } }];
    const { json, text } = await request(app, "/batch", { calls });
    assertEquals([json.results[0].error.code, text.includes(SECRET)], ["tool", false], name);
    assertReported(reported, "/batch");
  }
  const chat = await request(app, "/v1/chat/completions", {
    model: "hook",
    messages: [{ role: "user", content: "x" }],
  });
  assertEquals([chat.status, chat.text.includes(SECRET)], [500, false]);
  assertReported(reported, "/v1/chat/completions");
});

Deno.test("what a call survives is reported: tools and optional branches that throw", async () => {
  let rounds = 0;
  const provider = scripted(() =>
    rounds++ === 0
      ? { text: "", toolCalls: [{ id: "1", name: "search", args: '{"q":"a"}' }] }
      : "done"
  );
  const search = defineTool({
    name: "search",
    description: "Searches.",
    input: z.object({ q: z.string() }),
    run: throws,
  });
  const tools = defineAgent({ ...base, name: "tools", prompt: "x", provider, tools: [search] });
  const optional = defineParallel({
    name: "optional",
    branches: { good: echo().agent, bad: { agent: FAILING[0], optional: true } },
  });
  const reported: { error: unknown; request: FailedRequest }[] = [];
  const app = routes([tools, optional], {
    onError: (error, request) => void reported.push({ error, request }),
  });
  for (const name of ["tools", "optional"]) {
    const { status, text } = await request(app, `/${name}`, { text: "a" });
    assertEquals([status, text.includes(SECRET)], [200, false], text);
    assertReported(reported, `/${name}`);
  }
  const response = await app.request("/optional/stream", requestInit({ text: "a" }));
  const events = await collect(readEvents(response.body!));
  assertEquals(events.at(-1)!.data.result.status, "partial");
  assertReported(reported, "/optional/stream");
});

Deno.test("wrong parameters are the client's: 422, and not reported", async () => {
  const checked = defineAgent({
    ...base,
    name: "checked",
    prompt: "x",
    params: z.object({ n: z.int() }),
  });
  const reported: unknown[] = [];
  const app = routes([echo().agent, checked], { onError: (error) => void reported.push(error) });
  assertEquals((await request(app, "/echo", {})).status, 422);
  assertEquals((await request(app, "/checked", { n: "x" })).status, 422);
  assertEquals(reported, []);
});

Deno.test("without onError, the log has the kind and the place, and no message", async () => {
  const app = routes([...FAILING]);
  const { error } = console;
  let text = "";
  console.error = (...words: unknown[]) => void (text += words.join(" "));
  try {
    assertEquals((await request(app, "/prompt", {})).status, 500);
  } finally {
    console.error = error;
  }
  assert(/POST \/prompt .*TypeError at .*own_code_test\.ts:\d+:\d+/.test(text), text);
  assertEquals(text.includes(SECRET), false, text);
});
