/** A parallel workflow: several agents work on the same input at once, and are called as one. */
import { batch, configure, defineAgent, defineParallel } from "@shoal/agents";
import { z } from "zod";
import { REVIEWS, Sentiment, Summary } from "./_agents.ts";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const Category = defineAgent({
  name: "category",
  system:
    "Name the product category of this review, one of: electronics, kitchen, clothing, other.",
  prompt: "Review: {text}",
  output: z.object({ category: z.enum(["electronics", "kitchen", "clothing", "other"]) }),
});

const ReviewAnalyzer = defineParallel({
  name: "review-analyzer",
  branches: {
    sentiment: Sentiment,
    // If an optional branch fails, the status is "partial".
    summary: { agent: Summary, optional: true },
    // The parameter of this agent has another name.
    category: { agent: Category, input: ({ input }: { input: string }) => ({ text: input }) },
  },
  timeout: 30_000,
  // Each attempt reserves its estimated cost before it is sent.
  budget: { cost: 0.05 },
  concurrency: 3,
});

const { status, content, branches, errors, cost } = await ReviewAnalyzer.call({
  input: REVIEWS[0]!,
});
console.log(status, content, Object.keys(branches), errors, cost?.total);

// A workflow can be part of a batch, like an agent.
const results = await batch(REVIEWS.map((input) => [ReviewAnalyzer, { input }]), {
  concurrency: 5,
});
for (const result of results) {
  if (result.ok) console.log(result.content.sentiment, "|", result.content.category?.category);
}

// `aggregate` computes the content from the branches.
const Verdict = defineParallel({
  name: "verdict",
  branches: { sentiment: Sentiment, summary: Summary },
  aggregate: ({ sentiment, summary }) => `${sentiment.content}: ${summary.content}`,
});
console.log((await Verdict.call({ input: REVIEWS[1]! })).content);
