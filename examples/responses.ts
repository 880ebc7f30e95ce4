/**
 * The Responses API instead of Chat Completions: the same agents, and reasoning kept across tools.
 */
import { configure, defineAgent, type Message, type ModelRequest } from "@shoal/agents";
import { openai } from "@shoal/agents/openai";
import { simulator } from "@shoal/agents/testing";
import { z } from "zod";

await using server = simulator({ latency: { p50: 150, p99: 600 } });
// For OpenAI itself: openai({ api: "responses" }).
await using provider = openai({ api: "responses", baseURL: server.url });
configure({ provider, model: "gpt-5-mini" });

const Label = defineAgent({
  name: "label",
  system: "Label the sentiment of this review.",
  prompt: "Review: {text}",
  output: z.object({ sentiment: z.enum(["positive", "negative"]) }),
});
const { content, usage } = await Label.call({ text: "I love this kettle." });
console.log(content.sentiment, usage.totalTokens, "tokens");

const Chat = defineAgent({ name: "chat", prompt: "{question}" });
for await (const event of Chat.stream({ question: "What makes a good kettle?" })) {
  if (event.type === "delta") console.log("…", event.text);
}

// An agent with tools does this for you. The server stores nothing: the reasoning before the tool
// call is in `providerData`, and is sent back with the call.
const request: ModelRequest = {
  model: "gpt-5-mini",
  settings: { reasoningEffort: "low" },
  messages: [{ role: "user", content: "Use get_weather for Oslo." }],
  tools: [{
    name: "get_weather",
    description: "Returns the weather in a city.",
    parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
  }],
};
const { signal } = new AbortController();
const { text, toolCalls = [], providerData } = await provider.generate(request, { signal });
const results = toolCalls.map(({ id, name, args }): Message => {
  console.log("the model requests", name, args);
  return { role: "tool", toolCallId: id, content: "2 degrees, rain" };
});
const reply: Message = { role: "assistant", content: text, toolCalls, providerData };
const messages = [...request.messages, reply, ...results];
console.log((await provider.generate({ ...request, messages }, { signal })).text);
