/**
 * Sends a local request; run by `development_access_test.ts` as a process with other permissions.
 */
import { defineAgent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";

const app = agentRoutes({ agents: [defineAgent({ name: "one", run: () => 1 })] });
const local = { remoteAddr: { hostname: "127.0.0.1" } };
const response = await app.request("http://localhost/", {}, local);
console.log(response.status, (await response.json()).detail);
