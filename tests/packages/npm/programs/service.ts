/** Serves agents with the dashboard: `service.ts`. It prints its URL, and ends at SIGTERM. */
import { serve } from "@hono/node-server";
import { defineAgent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { scripted } from "@shoal/agents/testing";
import process from "node:process";

/** What is used of Bun. */
interface BunServer {
  serve(options: { fetch: unknown; hostname: string; port: number }): {
    readonly port: number;
    stop(): Promise<void>;
  };
}

const Echo = defineAgent({
  name: "echo",
  model: "m",
  prompt: "{text}",
  provider: scripted(({ messages }) => String(messages.at(-1)?.content)),
});
const app = agentRoutes({ agents: [Echo], auth: { tokens: ["secret"] }, dashboard: true });
const bun = (globalThis as { Bun?: BunServer }).Bun;
const address = { hostname: "127.0.0.1", port: 0 };
let close: () => unknown;
if (bun !== undefined && process.argv[2] !== "node-server") {
  const server = bun.serve({ fetch: app.fetch, ...address });
  console.log(`http://127.0.0.1:${server.port}`);
  close = () => server.stop();
} else {
  const server = serve({ fetch: app.fetch, ...address }, ({ port }) => {
    console.log(`http://127.0.0.1:${port}`);
  });
  close = () => server.close();
}
process.on("SIGTERM", async () => {
  await app.shutdown();
  await close();
  process.exit(0);
});
