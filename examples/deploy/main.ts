/**
 * Agents as a web service. Deploy it to Deno Deploy with this file as the entrypoint, or run it on
 * your own machine:
 *
 * ```sh
 * AGENTS_TOKEN=secret OPENAI_API_KEY=… deno serve -P=deploy examples/deploy/main.ts
 * curl localhost:8000/sentiment -d '{"input":"I love it"}' \
 *   -H 'authorization: Bearer secret' -H 'content-type: application/json'
 * ```
 *
 * It needs no file system, no workers and no unstable flag. Without AGENTS_TOKEN only
 * its health check answers.
 */
import { defineAgent, defineParallel } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { z } from "zod";

const model = Deno.env.get("OPENAI_MODEL") ?? "gpt-5-mini";

const Sentiment = defineAgent({
  name: "sentiment",
  description: "Labels a review as positive, negative or neutral.",
  model,
  prompt: "Label the sentiment of this review: {input}",
  output: z.object({ label: z.enum(["positive", "negative", "neutral"]) }),
});
const Summary = defineAgent({
  name: "summary",
  description: "Summarises a review in a few words.",
  model,
  system: "Summarise this review in at most 12 words.",
  prompt: "Review: {input}",
});
const ReviewAnalyzer = defineParallel({
  name: "review-analyzer",
  description: "Labels and summarises a review at once.",
  branches: { sentiment: Sentiment, summary: { agent: Summary, optional: true } },
});

const token = Deno.env.get("AGENTS_TOKEN");
const app = agentRoutes({
  agents: [Sentiment, Summary, ReviewAnalyzer],
  auth: token ? { tokens: [token] } : undefined,
  open: ["health"],
  limits: {
    maxBatch: 1_000,
    concurrency: 200,
    principal: { requestsPerMinute: 3_000, budget: { cost: 5 } },
  },
  info: { title: "Reviews" },
});

// Deno Deploy sends SIGINT and waits 5 seconds. Most other supervisors send SIGTERM.
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.addSignalListener(signal, async () => {
    await app.shutdown();
    Deno.exit(0);
  });
}

export default { fetch: app.fetch } satisfies Deno.ServeDefaultExport;
