/** Hooks: code of yours around every call, of one agent or of the whole process. */
import { configure, defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

configure({
  model: "gpt-5-mini",
  provider: scripted("It opens at nine."), // a script in the place of a model: this needs no key
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
    // What throws here is not sent.
    before(params) {
      const { question } = params as { question: string };
      if (/password/i.test(question)) throw new Error("Nobody asks for passwords here");
    },
  },
});

for (const question of ["When does it open?", "What is the password?"]) {
  const result = await Guide.settle({ question });
  console.log(question, "→", result.ok ? result.content : (result.error.cause as Error).message);
}
