/**
 * Typed answers: a schema types the content of a result, and an answer that does not match fails.
 */
import { batch, configure, defineAgent } from "@shoal/agents";
import { z } from "zod";
import { REVIEWS } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
const { provider, model } = example;
configure({ provider, model });

const Analysis = defineAgent({
  name: "analysis",
  system: "You analyse product reviews.",
  prompt: "Review: {input}",
  output: z.object({
    sentiment: z.enum(["positive", "negative", "neutral"]),
    stars: z.int().min(1).max(5),
    summary: z.string().max(80).describe("At most 12 words."),
    complaint: z.string().optional(), // the model sends null if there is none; the content lacks it
  }),
});
const results = await batch(REVIEWS.map((input) => [Analysis, { input }] as const));
for (const result of results) {
  // A result is a union on `ok`: if it is true, the content has the type of the schema.
  if (result.ok) {
    console.log(result.content.sentiment, "*".repeat(result.content.stars), result.content.summary);
  } else {
    console.log(result.error.code, result.error.issues);
  }
}

// A schema that is not an object is wrapped in one for the request, and unwrapped in the result.
const Tags = defineAgent({
  name: "tags",
  prompt: "What is this review about? {input}",
  output: z.array(z.enum(["quality", "price", "delivery", "service"])),
});
const { content } = await Tags.call({ input: REVIEWS[3]! });
console.log("tags:", content.join(", "));

// A plain JSON Schema works, too. With `as const`, the compiler derives the type of the content.
const Language = defineAgent({
  name: "language",
  prompt: "In which language is this? {input}",
  output: { type: "string", enum: ["en", "de", "fr"] } as const,
});
console.log("language:", (await Language.call({ input: REVIEWS[0]! })).content);
