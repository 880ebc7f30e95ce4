/** The agents that the examples share. */
import { type Agent, defineAgent } from "@shoal/agents";

/** Labels a review: positive, negative or neutral. */
export const Sentiment: Agent<{ input: string }, string> = defineAgent({
  name: "sentiment",
  system:
    "Label the sentiment of this review as positive, negative or neutral. Answer with one word.",
  prompt: "Review: {input}",
});

/** Summarises a review in a few words. */
export const Summary: Agent<{ input: string }, string> = defineAgent({
  name: "summary",
  system: "Summarise this review in at most 12 words.",
  prompt: "Review: {input}",
});

/** Reviews of products. */
export const REVIEWS: readonly string[] = [
  "I love this kettle, it boils in a minute and looks great.",
  "Broke after two days. Never again.",
  "It is okay, does what it says.",
  "The zip jammed on day one, and nobody answers my mails.",
  "Best headphones I have ever had! 👍",
];
