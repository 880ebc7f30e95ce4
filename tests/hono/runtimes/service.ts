/**
 * The HTTP face as Node and Bun have it: bundled, and run as a process by `runtimes_test.ts`. By Bun it is served as Bun serves any module
 * that exports a `fetch`, by Node with `@hono/node-server`. It writes where it listens.
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
  .route("/mine", agentRoutes({ agents: [agent("quick")] }));

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

// Node looks at no export; Bun serves this one, and says where.
export default isBun ? { fetch: app.fetch, hostname: "127.0.0.1", port: 0 } : undefined;
