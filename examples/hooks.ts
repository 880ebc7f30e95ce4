/** Hooks: your own code around every call, of one agent or of the whole process. */
import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

configure({
  model: "gpt-5-mini",
  provider: scripted("It opens at nine."), // a scripted model: this needs no key
  hooks: {
    after: ({ agent, durationMs, usage }) =>
      console.log(`  ${agent}: ${Math.round(durationMs)} ms, ${usage.totalTokens} tokens`),
    onError: ({ agent, code }) => console.log(`  ${agent} failed: ${code}`),
  },
});

const Guide = defineAgent({
  name: "guide",
  prompt: "{question}",
  hooks: {
    // If this throws, nothing is sent.
    before(params) {
      const { question } = params as { question: string };
      if (/password/i.test(question)) throw new Error("Cannot answer questions about passwords");
    },
  },
});

for (const question of ["When does it open?", "What is the password?"]) {
  const result = await Guide.settle({ question });
  console.log(question, "→", result.ok ? result.content : (result.error.cause as Error).message);
}
