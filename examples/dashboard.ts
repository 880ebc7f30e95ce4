/**
 * The dashboard: calls, live, in a browser. The example makes some calls to show and then exits;
 * with `--stay` it continues.
 */
import { configure, defineAgent } from "@shoal/agents";
import { agentRoutes } from "@shoal/agents/hono";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const Careful = defineAgent({
  name: "careful",
  description: "Has a circuit breaker.",
  prompt: "Answer in one sentence: {question}",
  circuitBreaker: { failures: 5 },
});
const app = agentRoutes({
  agents: [Sentiment, Summary, Careful],
  auth: { tokens: [{ token: "secret", id: "alice" }] },
  dashboard: { title: "Reviews" },
});
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
const url = `http://127.0.0.1:${server.addr.port}`;
console.log(`${url}/dashboard (the token is "secret")`);

const headers = { authorization: "Bearer secret", "content-type": "application/json" };
const calls = Array.from({ length: 60 }, (_, i) => ({
  agent: i % 2 === 0 ? "sentiment" : "summary",
  params: { input: REVIEWS[i % REVIEWS.length] },
}));
const batch = () =>
  fetch(`${url}/batch`, {
    method: "POST",
    headers,
    body: JSON.stringify({ calls, concurrency: 4 }),
  }).then((response) => response.json());

do {
  const { summary } = await batch();
  console.log("calls on the dashboard:", summary.total);
} while (Deno.args.includes("--stay"));

const page = await (await fetch(`${url}/dashboard`, { headers })).text();
console.log(
  "sections of its first page:",
  page.match(/<h2[^>]*>[^<]+/g)?.map((h) => h.replace(/.*>/, "")),
);
await app.shutdown();
await server.shutdown();
