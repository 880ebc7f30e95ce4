/** Typed answers: a schema says what an answer must be, the compiler knows it, and a value that does not fit is no success. */
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
    complaint: z.string().optional(), // asked for as null where there is none, and absent here
  }),
});
const results = await batch(REVIEWS.map((input) => [Analysis, { input }] as const));
for (const result of results) {
  // A result is a union on ok: then its content is what the schema says.
  if (result.ok) {
    console.log(result.content.sentiment, "*".repeat(result.content.stars), result.content.summary);
  } else {
    console.log(result.error.code, result.error.issues);
  }
}

// What is no object is asked for as the value of one, and comes back bare.
const Tags = defineAgent({
  name: "tags",
  prompt: "What is this review about? {input}",
  output: z.array(z.enum(["quality", "price", "delivery", "service"])),
});
const { content } = await Tags.call({ input: REVIEWS[3]! });
console.log("tags:", content.join(", "));

// A plain JSON Schema does, too: its answers are JSON, of a type that the compiler does not know.
const Language = defineAgent({
  name: "language",
  prompt: "In which language is this? {input}",
  output: { type: "string", enum: ["en", "de", "fr"] },
});
console.log("language:", (await Language.call({ input: REVIEWS[0]! })).content);
