/** Retries: backing off holds no permit, and honours the `Retry-After` header of the server. */
import { configure, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

// This server responds with 429 and 503 before it answers.
await using server = simulator({
  latency: 20,
  script: [
    { type: "status", status: 429, retryAfterMs: 250 },
    "error503",
    "ok",
    "error400",
  ],
});
await using provider = openai({ baseURL: server.url });
configure({ provider, model: "gpt-5-mini" });

const Sentiment = defineAgent({
  name: "sentiment",
  prompt: "Label the sentiment of this review as positive, negative or neutral: {input}",
  retries: { max: 3, backoff: "exponential", base: 100, maxDelay: 3_000, jitter: 0.5 },
});

const result = await Sentiment.call({ input: "I love it" });
for (const { status, error, retryAfterMs, durationMs } of result.attempts) {
  console.log(
    Math.round(durationMs),
    "ms",
    error ? `${status} ${error.code}` : "ok",
    retryAfterMs ?? "",
  );
}
console.log(result.content, "after", Math.round(result.timing.backoffMs), "ms of backoff");

// An error that another attempt would not change is not retried.
const rejected = await Sentiment.settle({ input: "I love it" });
console.log(rejected.error?.code, rejected.error?.status, rejected.attempts.length, "attempt");
