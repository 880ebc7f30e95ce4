/** An agent whose model is in memory: for measuring what the command line takes itself. */
import { defineAgent } from "@shoal/agents";
import { scripted } from "@shoal/agents/testing";

export const Echo = defineAgent({
  name: "echo",
  model: "m",
  prompt: "{input}",
  provider: scripted("good"),
});
