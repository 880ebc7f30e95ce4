/**
 * The service that `runtimes_test.ts` bundles and runs on Node and Bun. Bun serves the `fetch` that
 * the module exports; on Node, `@hono/node-server` does. It prints its URL.
 */
import { defineAgent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { openai } from "@shoal/agents/openai";
import { Hono } from "hono";
import { serve } from "@hono/node-server";
import process from "node:process";

const agent = (name: string) =>
  defineAgent({
    name,
    model: "m",
    prompt: "{text}",
    provider: openai({ baseURL: process.env[`UPSTREAM_${name.toUpperCase()}`]!, apiKey: "none" }),
    retries: 0,
  });

const agents = agentRoutes({
  agents: [agent("quick"), agent("slow"), agent("stuck")],
  auth: { tokens: ["s3cret"] },
  dashboard: true,
});
const app = new Hono()
  .route("/agents", agents)
  .route("/closed", agentRoutes({ agents: [agent("quick")] }));

const isBun = process.versions.bun !== undefined;
const server = isBun
  ? undefined
  : serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => {
    console.log(`http://127.0.0.1:${port}`);
  });

process.on("SIGTERM", async () => {
  console.log(JSON.stringify(await agents.shutdown({ grace: 3_000 })));
  server?.close();
  process.exit(0);
});

// Bun serves this export and prints the URL; Node ignores it.
export default isBun ? { fetch: app.fetch, hostname: "127.0.0.1", port: 0 } : undefined;
