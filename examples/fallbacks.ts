/**
 * Fallbacks and circuit breakers: another model answers when the first one fails, and a model that
 * keeps failing gets no requests for a while.
 */
import { configure, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

// One model of this server has an outage, the other one works.
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

// The first call sends three requests to the first model, which opens its circuit. The second call
// goes to the fallback at once.
for (const input of ["I love it", "It broke after a day"]) {
  const { content, model, usedFallback, attempts } = await Sentiment.call({ input });
  console.log(content, "by", model, usedFallback ? "as a fallback" : "");
  for (const { model, status, error } of attempts) {
    console.log("  request to", model, error ? `${status} ${error.code}` : "ok");
  }
}

// While the circuit is open, a call without fallbacks sends nothing. Its error says for how long.
const before = server.stats.requests;
const rejected = await Sentiment.settle({ input: "I love it" }, { fallbackModels: [] });
const sent = server.stats.requests - before;
console.log(
  rejected.error?.code,
  "for",
  Math.round(rejected.error?.retryAfterMs ?? 0),
  "ms,",
  sent,
  "sent",
);

// After the cooldown, one request probes the model.
server.configure({ script: [] });
await new Promise((resolve) => setTimeout(resolve, 500));
console.log((await Sentiment.call({ input: "I love it" })).model, "answers again");
