/** Agents for the tests of the command line. */
import { defineAgent, defineParallel } from "@shoal/agents";

export const Sentiment = defineAgent({
  name: "sentiment",
  model: "gpt-5-mini",
  system: "Label the sentiment of this review as positive, negative or neutral.",
  prompt: "Review: {input}",
});

export const Label = defineAgent({
  name: "label",
  model: "gpt-5-mini",
  prompt: "Label: {text}",
  output: {
    type: "object",
    properties: { label: { type: "string" } },
    required: ["label"],
    additionalProperties: false,
  },
});

export const Both = defineParallel({ name: "both", branches: { one: Sentiment } });

export const noAgent = 1;
