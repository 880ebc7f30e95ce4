/** Agents over HTTP: a call, its events, a batch streamed as NDJSON, and OpenAI's own client. */
import { agentRoutes } from "@shoal/agents/hono";
import OpenAI from "openai";
import { configure } from "@shoal/agents";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const app = agentRoutes({ agents: [Sentiment, Summary], auth: { tokens: ["secret"] } });
const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
const url = `http://127.0.0.1:${server.addr.port}`;
const headers = { authorization: "Bearer secret", "content-type": "application/json" };
const post = (path: string, body: unknown, accept = "application/json") =>
  fetch(url + path, {
    method: "POST",
    headers: { ...headers, accept },
    body: JSON.stringify(body),
  });

const one = await (await post("/sentiment", { input: REVIEWS[0] })).json();
console.log("a call:", one.content, one.usage.totalTokens, "tokens");

const events = await (await post("/summary/stream", { input: REVIEWS[0] })).text();
console.log("its events:", events.match(/^event: .*/gm)?.length);

const calls = REVIEWS.map((input) => ({ agent: "sentiment", params: { input } }));
const batch = await post("/batch", { calls, concurrency: 3 }, "application/x-ndjson");
let lines = "";
for await (const text of batch.body!.pipeThrough(new TextDecoderStream())) lines += text;
for (const line of lines.trim().split("\n").map((line) => JSON.parse(line))) {
  if (line.type === "result") console.log("batch item:", line.index, line.content);
}

const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "secret" });
const chat = await openai.chat.completions.create({
  model: "sentiment", // the name of an agent
  messages: [{ role: "user", content: REVIEWS[1]! }],
});
console.log("with OpenAI's client:", chat.choices[0]?.message.content);

const rejected = await fetch(url);
console.log("without a token:", rejected.status, (await rejected.json()).detail);
console.log("shut down:", await app.shutdown());
await server.shutdown();
