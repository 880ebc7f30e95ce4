/**
 * An agent with other agents and workflows as its tools: the result includes their usage, and has
 * their results as a tree of children.
 */
import { defineAgent, defineParallel, type Result } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { z } from "zod";

// Scripted models, so that this example needs no key.
const Researcher = defineAgent({
  name: "researcher",
  description: "Researches a topic.",
  model: "gpt-5-mini",
  prompt: "What is known about {topic}?", // the placeholder is the input of the tool
  provider: scripted("A shoal is a group of fish that stay together."),
});
const Critics = defineParallel({
  name: "critics",
  description: "Two opinions on a draft.",
  branches: {
    style: Researcher.with({ name: "style", provider: scripted("Crisp.") }),
    facts: Researcher.with({ name: "facts", provider: scripted("Right.") }),
  },
});
const Count = defineAgent({
  name: "count_words",
  params: z.object({ text: z.string() }), // needed by an agent without a template
  run: ({ text }) => text.split(" ").length,
});

const toolCall = (name: string, args: object) => ({
  text: "",
  toolCalls: [{ id: name, name, args: JSON.stringify(args) }],
});
const Editor = defineAgent({
  name: "editor",
  model: "gpt-5",
  prompt: "Write a line on {topic}.",
  tools: [Researcher.asTool(), Critics.asTool(), Count.asTool({ description: "Counts words." })],
  provider: scripted([
    toolCall("researcher", { topic: "shoals" }),
    toolCall("critics", { topic: "Fish that stay together." }),
    toolCall("count_words", { text: "Fish that stay together." }),
    "Fish that stay together.",
  ]),
});

const result = await Editor.call({ topic: "shoals" }, { budget: { calls: 20 } });
console.log(result.content);
function show({ agent, usage, children }: Result, indent = ""): void {
  console.log(`${indent}${agent}: ${usage.totalTokens} tokens`);
  for (const child of children) show(child, indent + "  ");
}
show(result);
