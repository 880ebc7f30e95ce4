/** Models of the AI SDK: agents use its providers by name, together with those of `openai()`. */
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { batch, configure } from "@shoal/agents";
import { aiSdk } from "@shoal/agents/ai-sdk";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";

// Two servers on this machine: one rejects a request, the other has an outage.
await using server = simulator({
  latency: 20,
  script: (_, n) => n === 1 ? { type: "rateLimit", retryAfterMs: 50 } : undefined,
});
await using down = simulator({ script: () => "error503" });

// Any provider of the AI SDK works: `anthropic`, `google`, `mistral`, `createAzure(…)`, …
const models = createOpenAICompatible({
  name: "local",
  baseURL: server.url,
  includeUsage: true,
  supportsStructuredOutputs: true,
});
const local = aiSdk(models, { limits: { concurrency: 3 } });
configure({ provider: local, model: "llama3.2" });

// Shoal does the retries and keeps the limits.
const results = await batch(REVIEWS.map((input) => [Sentiment, { input }] as const));
for (const { content, model, attempts, usage } of results) {
  console.log(
    content,
    "by",
    model,
    "in",
    attempts.length,
    "attempts,",
    usage.totalTokens,
    "tokens",
  );
}
console.log("at most", server.stats.peakInFlight, "in flight");

// A fallback may have another kind of provider.
await using first = openai({ baseURL: down.url });
const Careful = Summary.with({
  model: "gpt-5-mini",
  provider: first,
  retries: 0,
  fallbackModels: [{ model: "llama3.2", provider: local }],
});
const { content, model, usedFallback } = await Careful.call({ input: REVIEWS[0]! });
console.log(content, "by", model, usedFallback ? "as a fallback" : "");
