import { defineAgent } from "@shoal/agents";
export const Sentiment = defineAgent({ name: "sentiment", model: "gpt-5-mini", system: "Label the sentiment of this review as positive, negative or neutral.", prompt: "Review: {input}" });
