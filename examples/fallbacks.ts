/** Fallbacks: another model answers when the first cannot, and a model that keeps failing is left alone. */
import { configure, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

// At this server one model has an outage, and the other is well.
await using server = simulator({
  latency: 20,
  script: ({ model }) => model === "gpt-5-mini" ? "error503" : undefined,
  respond: ({ text }) => text.includes("love") ? "positive" : "negative",
});
await using provider = openai({ baseURL: server.url });
configure({ provider });

const Sentiment = defineAgent({
  name: "sentiment",
  model: "gpt-5-mini",
  prompt: "Label the sentiment of this review as positive, negative or neutral: {input}",
  retries: { max: 2, base: 50 },
  fallbackModels: [{ model: "gpt-4o-mini", retries: 1 }],
  circuitBreaker: { failures: 3, within: 60_000, cooldown: 500 },
});

// The first call tries the first model three times; the second knows better.
for (const input of ["I love it", "It broke after a day"]) {
  const { content, model, usedFallback, attempts } = await Sentiment.call({ input });
  console.log(content, "by", model, usedFallback ? "as a fallback" : "");
  for (const { model, status, error } of attempts) {
    console.log("  asked", model, error ? `${status} ${error.code}` : "ok");
  }
}

// Where no model is left, nothing is sent, and the error says for how long.
const before = server.stats.requests;
const alone = await Sentiment.settle({ input: "I love it" }, { fallbackModels: [] });
const sent = server.stats.requests - before;
console.log(
  alone.error?.code,
  "for",
  Math.round(alone.error?.retryAfterMs ?? 0),
  "ms,",
  sent,
  "sent",
);

// After the cooldown one request probes whether the model is back.
server.configure({ script: [] });
await new Promise((resolve) => setTimeout(resolve, 500));
console.log((await Sentiment.call({ input: "I love it" })).model, "is back");
