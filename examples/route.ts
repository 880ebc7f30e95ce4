/** A router: one call classifies the question, another agent answers it. */
import { configure, defineAgent, defineRouter } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";
import { z } from "zod";

// A scripted model, so that this example needs no key.
const provider = scripted(({ output, messages }) => {
  const text = String(messages.at(-1)!.content);
  if (output === undefined) return `(${messages[0]!.content}) Here you are.`;
  return JSON.stringify({ value: /invoice|paid/i.test(text) ? "billing" : "tech" });
});
configure({ provider, model: "gpt-5-mini" });

const Desk = defineRouter({
  name: "desk",
  // With these labels in its schema, the compiler checks that each has a route.
  by: defineAgent({
    name: "topic",
    prompt: "What is this question about? {question}",
    output: z.enum(["billing", "tech"]),
  }),
  routes: {
    billing: defineAgent({ name: "billing", system: "You know invoices.", prompt: "{question}" }),
    tech: defineAgent({ name: "tech", system: "You know computers.", prompt: "{question}" }),
  },
});

for (const question of ["Where is my invoice?", "Why is it so loud?"]) {
  const result = await Desk.call({ question });
  console.log(`${question} → ${result.route}: ${result.content} (${result.attempts.length} calls)`);
}
