/** An agent with a model in memory, for measuring the command line itself. */
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

export const Echo = defineAgent({
  name: "echo",
  model: "m",
  prompt: "{input}",
  provider: scripted("good"),
});
