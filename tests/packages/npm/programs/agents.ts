/** The agents of the tests. */
import { type Agent, defineAgent } from "@shoal/agents";

export const Say: Agent<{ input: string }, string> = defineAgent({
  name: "say",
  model: "m",
  prompt: "{input}",
});

/** Calls another agent, and computes. */
export const Shout: Agent<{ input: string }, string> = defineAgent({
  name: "shout",
  run: async ({ input }: { input: string }, { call }) =>
    (await call(Say, { input })).content.toUpperCase(),
});
