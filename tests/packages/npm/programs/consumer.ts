/** Uses the types of every entry, as the code of a user does. It is compiled and never run. */
import {
  type Agent,
  batch,
  type CacheStore,
  configure,
  defineAgent,
  defineParallel,
  definePipeline,
  defineRouter,
  defineTool,
  each,
  type FromJsonSchema,
  type Hooks,
  memoryCache,
  type Provider,
  ProviderError,
  type Result,
  RunError,
  scope,
  stream,
  summarize,
} from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { shoal } from "@shoal/agents/cli";
import { type AgentRoutes, agentRoutes } from "@shoal/agents/hono";
import { type JournalStore, memoryJournal, sqliteJournal } from "@shoal/agents/journal";
import { openai, type OpenAIOptions } from "@shoal/agents/openai";
import { recorder, replay, scripted, simulator, virtualTime } from "@shoal/agents/testing";
import { type WorkerOptions, workers } from "@shoal/agents/workers";
import { z } from "zod";

const Label = defineAgent({
  name: "label",
  model: "m",
  prompt: "Label {text} in {lang}",
  output: z.object({ label: z.enum(["good", "bad"]) }),
  provider: scripted("x"),
});
const Score: Agent<{ text: string }, { score: number }> = defineAgent({
  name: "score",
  prompt: "{text}",
  output: {
    type: "object",
    properties: { score: { type: "number" } },
    required: ["score"],
    additionalProperties: false,
  },
});
const labelled = await Label.call({ text: "x", lang: "en" });
const label: "good" | "bad" = labelled.content.label;
// @ts-expect-error a placeholder of the template is missing
await Label.call({ text: "x" });
// @ts-expect-error an answer has no such field
labelled.content.other;

const [first, second] = await batch([[Label, { text: "x", lang: "en" }], [Score, { text: "x" }]]);
if (first.ok) first.content.label satisfies "good" | "bad";
if (second.ok) second.content.score satisfies number;
for await (const { result, params } of stream([[Score, { text: "x" }] as const])) {
  if (result.ok) result.content.score satisfies number;
  params.text satisfies string;
}
(await each(["a"], (text) => text.length)) satisfies number[];
(await scope({ concurrency: 2 }, () => 1)) satisfies number;
const Both = defineParallel({ name: "both", branches: { a: Score, b: Score } });
(await Both.call({ text: "x" })).content.a.score satisfies number;
const Own = defineParallel({
  name: "own",
  branches: {
    a: { agent: Score, input: ({ texts }: { texts: string[] }) => ({ text: texts[0]! }) },
  },
});
(await Own.call({ texts: ["x"] })).content.a.score satisfies number;
// @ts-expect-error the parameters are those of the branch
Own.call({ text: "x" });
const Desk = defineRouter({
  name: "desk",
  by: Label,
  routes: { a: { agent: Score, params: ({ first }: { first: string }) => ({ text: first }) } },
  default: { agent: Score, params: ({ other }: { other: string }) => ({ text: other }) },
  pick: ({ label }) => label,
});
const routed = await Desk.call({ text: "x", lang: "en", first: "y", other: "z" });
routed.content.score satisfies number;
// @ts-expect-error the parameters of a route are missing
Desk.call({ text: "x", lang: "en" });
const tool = defineTool({ name: "t", input: z.object({ n: z.number() }), run: ({ n }) => n + 1 });
const hooks: Hooks = {};
const cache: CacheStore = memoryCache();
const provider: Provider = openai({ baseURL: "http://127.0.0.1:1/v1" } satisfies OpenAIOptions);
configure({ provider, hooks, cache: { store: cache, ttl: 1_000 } });
const routes: AgentRoutes = agentRoutes({ agents: [Label, Both], auth: { tokens: ["a"] } });
const response: Response = await routes.request("/");
const options = { module: "file:///a.ts" } satisfies WorkerOptions;
const parsed: FromJsonSchema<{ readonly type: "string" }> = "x";
{
  await using journal = sqliteJournal(":memory:");
  await using server = simulator();
  await using pool = workers(options);
  const results: readonly Result[] = await batch([[Score, { text: "x" }]], {
    journal,
    runId: "r",
    mode: pool,
  });
  console.log(summarize(results).cost?.total, server.url);
}
const all: unknown[] = [label, tool, response, parsed, aiSdk, shoal, definePipeline, defineRouter];
all.push(memoryJournal, ProviderError, RunError, recorder, replay, virtualTime);
export type Store = JournalStore;
