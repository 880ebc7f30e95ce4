/** Tools: the model requests them, they run here concurrently, and the model gets their results. */
import { defineAgent, defineTool } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { z } from "zod";

const weather = defineTool({
  name: "weather",
  description: "Returns the current weather in a city.",
  input: z.object({ city: z.string() }),
  timeout: 5_000,
  run({ city }) {
    if (city === "Atlantis") throw new Error("There is no such city"); // reported to the model
    return { city, celsius: city === "Oslo" ? 4 : 27 };
  },
});

// A scripted model, so that this example needs no key.
const provider = scripted([
  {
    text: "",
    toolCalls: ["Oslo", "Rome", "Atlantis"].map((city) => ({
      id: city,
      name: "weather",
      args: JSON.stringify({ city }),
    })),
  },
  "Rome is the warmest, with 27 °C.",
]);

const Guide = defineAgent({
  name: "guide",
  model: "gpt-5-mini",
  system: "You answer questions about the weather.",
  prompt: "{question}",
  tools: [weather],
  maxSteps: 5,
  provider,
});

const question = "Where is it warmest: Oslo, Rome or Atlantis?";
const result = await Guide.call({ question });
for (const { name, args, result: toolResult, error } of result.toolCalls) {
  console.log(name, args, "→", error?.message ?? toolResult);
}
console.log(result.content, `(${result.attempts.length} requests)`);
