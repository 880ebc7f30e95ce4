/** Agents of which some code of the user throws, for the tests of the command line. */
import { defineAgent, defineParallel, definePipeline, defineTool } from "@shoal/agents";
import { z } from "zod";

const base = { model: "gpt-5-mini" };
const Echo = defineAgent({ ...base, name: "echo", prompt: "{input}" });

/** Throws like code of the user. */
function fail(word: string): never {
  throw new RangeError(`${word} is broken`);
}

export const Prompt = defineAgent({ ...base, name: "prompt", prompt: () => fail("prompt") });
export const Params = defineAgent({
  ...base,
  name: "params",
  params: z.object({ input: z.string().refine(() => fail("schema")) }),
  prompt: ({ input }) => input,
});
export const Before = defineAgent({
  ...base,
  name: "before",
  prompt: "{input}",
  hooks: { before: () => fail("hook") },
});
export const Run = defineAgent({ name: "run", run: () => fail("run") });
export const Aggregate = defineParallel({
  name: "aggregate",
  branches: { one: Echo },
  aggregate: () => fail("aggregate"),
});
export const Step = definePipeline({
  name: "step",
  steps: [{ agent: Echo, params: () => fail("step") }],
});
export const Output = defineAgent({
  ...base,
  name: "output",
  prompt: "{input}",
  output: z.object({ label: z.string().refine(() => fail("output")) }),
});
export const Tool = defineAgent({
  ...base,
  name: "tools",
  prompt: "{input}",
  tools: [
    defineTool({
      name: "search",
      description: "Searches.",
      input: z.object({}),
      run: () => fail("tool"),
    }),
  ],
});
