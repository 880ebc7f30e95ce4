/**
 * The Worker that `workerd_test.ts` bundles and runs. As usual on Cloudflare Workers, all agents,
 * providers and routes are created while the module is loaded.
 */
import {
  type AgentError,
  batch,
  configure,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  isAvailable,
  memoryCache,
  ProviderError,
  scope,
  stream,
} from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { openai } from "@shoal/agents/openai";
import { scripted } from "@shoal/agents/testing";
import { Hono } from "hono";
import process from "node:process";

const { OPENAI_BASE_URL: baseURL, SLOW_URL, STUCK_URL } = process.env;

configure({ concurrency: 20, timeout: 60_000, retries: { max: 2, base: 50 } });

const define = (name: string, options: Parameters<typeof openai>[0] = {}) =>
  defineAgent({
    name,
    model: `m-${name}`,
    prompt: "{text}",
    provider: openai({ baseURL, apiKey: `key-of-${name}`, ...options }),
  });

const quick = define("quick");
const slow = define("slow", { baseURL: SLOW_URL });
const single = define("single", { baseURL: SLOW_URL, limits: { concurrency: 1 } });
const paced = define("paced", { limits: { requestsPerMinute: 480 } });
const adaptive = define("adaptive", { baseURL: SLOW_URL, limits: { concurrency: "adaptive" } });
const stuck = define("stuck", { baseURL: STUCK_URL, limits: { concurrency: 1 } })
  .with({ coalesce: true });
const shared = slow.with({ name: "shared", cache: { ttl: 60_000, store: memoryCache() } });
const guarded = quick.with({
  name: "guarded",
  circuitBreaker: { failures: 3 },
  hedge: { after: 10_000 },
  timeout: { attempt: 20_000, firstToken: 20_000, idle: 20_000, total: 30_000 },
});
const fallback = defineAgent({
  name: "fallback",
  model: "down",
  prompt: "{text}",
  provider: scripted(new ProviderError("it is down", { code: "provider", retryable: true })),
  fallbackModels: [{ model: "m", provider: openai({ baseURL, apiKey: "none" }) }],
});
const fixed = defineAgent({
  name: "fixed",
  model: "m",
  prompt: "{text}",
  provider: scripted("hello", { latency: 5 }),
});
const tools = defineAgent({
  name: "tools",
  model: "m",
  prompt: "{text}",
  tools: [
    defineTool({
      name: "add",
      description: "Adds two numbers",
      input: {
        type: "object",
        properties: { a: { type: "number" }, b: { type: "number" } },
        required: ["a", "b"],
        additionalProperties: false,
      } as const,
      run: ({ a, b }) => a + b,
    }),
  ],
  provider: scripted(({ messages }) =>
    messages.at(-1)!.role === "tool"
      ? "three"
      : { text: "", toolCalls: [{ id: "1", name: "add", args: '{"a":1,"b":2}' }] }
  ),
});
const composed = defineAgent({
  name: "composed",
  run: async ({ text }: { text: string }, ctx) => {
    const [a, b] = await Promise.all([ctx.call(quick, { text }), ctx.call(fixed, { text })]);
    return `${a.content} ${b.content}`;
  },
});
const parallel = defineParallel({ name: "parallel", branches: { quick, fixed } });
const pipeline = definePipeline({
  name: "pipeline",
  steps: [fixed, { agent: quick, params: (text: string) => ({ text }) }],
});
const router = defineRouter({
  name: "router",
  by: fixed,
  routes: { hello: quick },
});
const agents = [
  quick,
  slow,
  single,
  paced,
  adaptive,
  stuck,
  shared,
  guarded,
  fallback,
  fixed,
  tools,
  composed,
  parallel,
  pipeline,
  router,
];

/** An agent whose provider is created on first use, from the environment. */
const standard = defineAgent({ name: "standard", model: "m", prompt: "{text}" });

const tokens = [
  "s3cret",
  { token: "frugal", id: "frugal", limits: { budget: { tokens: 20_000 } } },
  { token: "narrow", id: "narrow", limits: { concurrency: 2 } },
];
const routes = agentRoutes({
  agents,
  auth: { tokens },
  limits: { deadline: 30_000 },
  // The runtime detects lost clients when it writes to them.
  heartbeat: 100,
  dashboard: { interval: 50 },
  onError: (error) => console.error("unexpected", error),
});
const byFunction = agentRoutes({
  agents: [quick, standard],
  auth: ({ headers }) => headers.get("authorization") === "Bearer s3cret" ? "me" : null,
  dashboard: true,
});

const app = new Hono()
  .route("/agents", routes)
  .route("/function", byFunction)
  // The context of the request is not passed on: nothing keeps the request running.
  .mount("/bare", (request) => routes.fetch(request))
  .route("/open", agentRoutes({ agents: [fixed] }));

/** Uses the library without routes. */
async function useLibrary(): Promise<unknown> {
  const calls = Array.from({ length: 20 }, (_, i) => [quick, { text: `n${i}` }] as const);
  const results = await batch(calls, { concurrency: 5 });
  const streamed: string[] = [];
  for await (const { result } of stream(calls.slice(0, 5))) streamed.push(String(result.ok));
  const scoped = await scope({ concurrency: 2, deadline: 10_000 }, async () => {
    const all = await Promise.all(calls.slice(0, 4).map(([agent, params]) => agent.call(params)));
    return all.length;
  });
  const failed = await quick.call({ text: "late" }, { timeout: { total: 1 } })
    .catch((error: AgentError) => error.code);
  return {
    ok: results.filter(({ ok }) => ok).length,
    streamed,
    scoped,
    failed,
    workers: isAvailable("workers"),
  };
}

export default {
  async fetch(request: Request, env: unknown, context: ExecutionContext): Promise<Response> {
    const { pathname } = new URL(request.url);
    if (pathname === "/library") return Response.json(await useLibrary());
    if (pathname === "/standard") {
      const { content } = await standard.call({ text: "x" });
      return Response.json({ content });
    }
    return await app.fetch(request, env, context);
  },
};

/** What the runtime passes as the third argument. */
interface ExecutionContext {
  waitUntil(promise: Promise<unknown>): void;
  passThroughOnException(): void;
  // deno-lint-ignore no-explicit-any -- Hono asks for it
  props: any;
}
