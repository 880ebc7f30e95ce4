/** Errors: `call` rejects, while `settle` and `batch` return failures as values. */
import { AgentError, batch, configure, defineAgent } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";

await using server = simulator({ latency: 20, apiKey: "right" });
await using wrong = openai({ baseURL: server.url, apiKey: "wrong" });
await using right = openai({ baseURL: server.url, apiKey: "right" });
configure({ model: "gpt-5-mini", retries: 0 });

const Ask = defineAgent({ name: "ask", prompt: "{question}", provider: right });
const Locked = Ask.with({ name: "locked", provider: wrong });

try {
  await Locked.call({ question: "Who are you?" });
} catch (error) {
  if (!(error instanceof AgentError)) throw error;
  console.log("thrown:", error.code, error.status, error.message);
}

const results = await batch([
  [Ask, { question: "What is the capital of France?" }],
  [Locked, { question: "And of Spain?" }],
  [Ask, { question: "Too slow?" }, { timeout: 5 }],
  // @ts-expect-error: the compiler reports the misspelt parameter
  [Ask, { questoin: "Typo?" }],
]);
for (const result of results) {
  if (result.ok) console.log("answer:", result.content);
  else if (result.error.code === "timeout") console.log("too slow:", result.error.message);
  else console.log(`${result.error.code}:`, result.error.message);
}
