/** A pipeline: agents run one after another, each with the content of the previous one. */
import { configure, defineAgent, definePipeline } from "@shoal/agents";
import { exampleProvider } from "./_provider.ts";

await using example = exampleProvider();
configure({ provider: example.provider, model: example.model });

const Outline = defineAgent({ name: "outline", prompt: "Three points on {topic}, one per line." });
const Draft = defineAgent({
  name: "draft",
  prompt: "Write a paragraph on {topic} from these points:\n{points}",
});
const words = defineAgent({
  name: "count words",
  run: (text: string) => ({ text, words: text.split(/\s+/).length }),
});

const Article = definePipeline({
  name: "article",
  steps: [
    Outline,
    // A text is not a params object, so a function makes one. Its second argument begins with the
    // params of the pipeline.
    { agent: Draft, params: (points, [{ topic }]) => ({ topic, points }) },
    words, // takes the text itself
  ],
  timeout: 60_000,
});

const result = await Article.call({ topic: "schools of fish" });
console.log(result.content.words, "words:", result.content.text.slice(0, 60), "…");
for (const { agent, durationMs, usage } of result.steps) {
  console.log(`${agent}: ${Math.round(durationMs)} ms, ${usage.totalTokens} tokens`);
}
console.log("total:", result.usage.totalTokens, "tokens");
